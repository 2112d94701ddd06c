#if defined(__x86_64__)
#include "Kernels/common.h"

#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,fma"))), apply_to = function)
#include "Vectors/avx512.h"
#define TABLE ndc_avx512_kernels
#define TABLE_NAME "AVX-512"
#include "Kernels/table.inc"
#pragma clang attribute pop
#endif
