// What a translation unit of kernels includes before its instruction set is in force, which would reach what headers
// declare.
#pragma once

#include "CKernels.h"
#include "bfloat16.h"
#include "tables.h"
#include "winograd_sizes.h"

#include <string.h>
