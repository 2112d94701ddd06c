#include "CKernels.h"

#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

static inline float bf16_to_float(uint16_t h) {
  const uint32_t u = (uint32_t)h << 16;
  float f;
  memcpy(&f, &u, sizeof f);
  return f;
}

static inline uint16_t bf16_from_float(float f) {
  uint32_t u;
  memcpy(&u, &f, sizeof u);
  if (f != f) return (uint16_t)((u >> 16) | 0x40);
  return (uint16_t)((u + 0x7fff + ((u >> 16) & 1)) >> 16);
}

// What each build of the template may bring beside LANES and NAME: an estimate of 1/x that one step of Newton's makes good
// to some 22 bits or more (RECIPROCAL_ESTIMATE), whether that step is as good as a division (RECIPROCAL_IS_FULL),
// 2ⁿ·p and rounding in one instruction (SCALE, ROUND), rounding to bfloat16 in one (NARROW), the sum of the lanes (TOTAL),
// and storing floats that are not negative as bytes (BYTES).

#define NAME(x) portable_##x
#define LANES 4
#define TABLE_NAME "portable"
#include "template.inc"
#undef NAME
#undef LANES
#undef TABLE_NAME

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define NAME(x) avx2_##x
#define LANES 8
#define TABLE_NAME "AVX2"
#define RECIPROCAL_ESTIMATE(x) _mm256_rcp_ps((__m256)(x))
#include "template.inc"
#undef NAME
#undef LANES
#undef TABLE_NAME
#undef RECIPROCAL_ESTIMATE
#pragma clang attribute pop

#define LANES 16
#define RECIPROCAL_ESTIMATE(x) _mm512_rcp14_ps((__m512)(x))
#define RECIPROCAL_IS_FULL
#define SCALE(p, n) _mm512_scalef_ps((__m512)(p), (__m512)(n))
#define TOTAL(x) _mm512_reduce_add_ps((__m512)(x))
#define BYTES(p, q) _mm_storeu_si128((__m128i *)(p), _mm512_cvtusepi32_epi8(_mm512_cvtps_epu32(q)))
#define ROUND(x) _mm512_roundscale_ps((__m512)(x), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,fma"))), apply_to = function)
#define NAME(x) avx512_##x
#define TABLE_NAME "AVX-512"
#include "template.inc"
#undef NAME
#undef TABLE_NAME
#pragma clang attribute pop

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16,fma"))), apply_to = function)
#define NAME(x) avx512bf16_##x
#define TABLE_NAME "AVX-512-BF16"
#define NARROW(x) _mm512_cvtneps_pbh((__m512)(x))
#include "template.inc"
#undef NAME
#undef TABLE_NAME
#undef NARROW
#pragma clang attribute pop

#undef LANES
#undef RECIPROCAL_ESTIMATE
#undef RECIPROCAL_IS_FULL
#undef SCALE
#undef ROUND
#undef BYTES
#undef TOTAL
#endif

int32_t ndc_kernels_supported(ndc_kernel_set set) {
  switch (set) {
    case NDC_KERNELS_PORTABLE: return 1;
#if defined(__x86_64__)
    case NDC_KERNELS_AVX2: return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    case NDC_KERNELS_AVX512_BF16:
      if (!__builtin_cpu_supports("avx512bf16")) return 0;
      __attribute__((fallthrough));
    case NDC_KERNELS_AVX512:
      return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
             __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
#endif
    default: return 0;
  }
}

const ndc_kernel_table *ndc_kernels(ndc_kernel_set set) {
  if (!ndc_kernels_supported(set)) return 0;
#if defined(__x86_64__)
  if (set == NDC_KERNELS_AVX512_BF16) return &avx512bf16_table;
  if (set == NDC_KERNELS_AVX512) return &avx512_table;
  if (set == NDC_KERNELS_AVX2) return &avx2_table;
#endif
  return &portable_table;
}
