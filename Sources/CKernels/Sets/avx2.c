#if defined(__x86_64__)
#include "Kernels/common.h"

#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#include "Vectors/avx2.h"
#define TABLE ndc_avx2_kernels
#define TABLE_NAME "AVX2"
#include "Kernels/table.inc"
#pragma clang attribute pop
#endif
