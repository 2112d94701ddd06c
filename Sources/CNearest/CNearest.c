#include "CNearest.h"
