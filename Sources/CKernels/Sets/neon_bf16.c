#if defined(__aarch64__)
#include "Kernels/common.h"

#include <arm_neon.h>

#pragma clang attribute push(__attribute__((target("dotprod,bf16"))), apply_to = function)
#include "Vectors/neon_bf16.h"
#define TABLE ndc_neon_bf16_kernels
#define TABLE_NAME "NEON-BF16"
#include "Kernels/table.inc"
#pragma clang attribute pop
#endif
