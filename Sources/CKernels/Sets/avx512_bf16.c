#if defined(__x86_64__)
#include "Kernels/common.h"

#include <immintrin.h>

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16,avx512vnni,fma"))), apply_to = function)
#include "Vectors/avx512_bf16.h"
#define TABLE ndc_avx512_bf16_kernels
#define TABLE_NAME "AVX-512-BF16"
#include "Kernels/table.inc"
#pragma clang attribute pop
#endif
