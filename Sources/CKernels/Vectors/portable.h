// Four lanes, which every architecture's vectors have.
#pragma once

#define LANES 4
#include "Vectors/types.h"
