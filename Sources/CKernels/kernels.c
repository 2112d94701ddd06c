#include "CKernels.h"

#include <string.h>

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
#include "template.inc"
#undef NAME
#undef LANES
#undef TABLE_NAME
#pragma clang attribute pop

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,fma"))), apply_to = function)
#define NAME(x) avx512_##x
#define LANES 16
#define TABLE_NAME "AVX-512"
#include "template.inc"
#undef NAME
#undef LANES
#undef TABLE_NAME
#pragma clang attribute pop
#endif

int32_t ndc_kernels_supported(ndc_kernel_set set) {
  switch (set) {
    case NDC_KERNELS_PORTABLE: return 1;
#if defined(__x86_64__)
    case NDC_KERNELS_AVX2: return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
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
  if (set == NDC_KERNELS_AVX512) return &avx512_table;
  if (set == NDC_KERNELS_AVX2) return &avx2_table;
#endif
  return &portable_table;
}
