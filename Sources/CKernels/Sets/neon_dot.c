#if defined(__aarch64__)
#include "Kernels/common.h"

#include <arm_neon.h>

#pragma clang attribute push(__attribute__((target("dotprod"))), apply_to = function)
#include "Vectors/neon_dot.h"
#define TABLE ndc_neon_dot_kernels
#define TABLE_NAME "NEON-DOT"
#include "Kernels/table.inc"
#pragma clang attribute pop
#endif
