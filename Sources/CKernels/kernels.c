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

// Tiles that are transformed at once: their values stay in the second cache while all weights pass by.
static int64_t winograd_block(int64_t tiles, int64_t channels, int64_t size) {
  enum { CACHED = 1 << 17, ROWS = 8 };
  int64_t most = CACHED / (16 * channels * size) / ROWS * ROWS;
  if (most < ROWS) most = ROWS;
  const int64_t blocks = (tiles + most - 1) / most;
  return ((tiles + blocks - 1) / blocks + ROWS - 1) / ROWS * ROWS;
}

int64_t ndc_winograd_scratch(int64_t tiles, int64_t channels, int64_t size) {
  return 16 * (winograd_block(tiles, channels, size) * (channels * size + 4 * NDC_WINOGRAD_PANEL) + 2 * 64) + 4 * channels;
}

// U = G·g·Gᵀ of one kernel, G's rows being (2, 0, 0), (1, 1, 1), (1, −1, 1), (0, 0, 2) times `half`.
#define TRANSFORMED(T, g, half, u)                                                   \
  do {                                                                               \
    T rows[4][3];                                                                    \
    for (int j = 0; j < 3; j++) {                                                    \
      rows[0][j] = (T)(2 * half) * g[j];                                             \
      rows[1][j] = (T)half * ((T)g[j] + g[3 + j] + g[6 + j]);                        \
      rows[2][j] = (T)half * ((T)g[j] - g[3 + j] + g[6 + j]);                        \
      rows[3][j] = (T)(2 * half) * g[6 + j];                                         \
    }                                                                                \
    for (int i = 0; i < 4; i++) {                                                    \
      u[4 * i] = (T)(2 * half) * rows[i][0];                                         \
      u[4 * i + 1] = (T)half * (rows[i][0] + rows[i][1] + rows[i][2]);               \
      u[4 * i + 2] = (T)half * (rows[i][0] - rows[i][1] + rows[i][2]);               \
      u[4 * i + 3] = (T)(2 * half) * rows[i][2];                                     \
    }                                                                                \
  } while (0)

// Where the first product of a pair of channels lies: [panel][16 positions][channels / step][outputs of a panel][step].
static int64_t winograd_place(int64_t output, int64_t channel, int64_t channels, int64_t step) {
  const int64_t panel = output / NDC_WINOGRAD_PANEL, o = output % NDC_WINOGRAD_PANEL;
  return panel * 16 * channels * NDC_WINOGRAD_PANEL + channel / step * step * NDC_WINOGRAD_PANEL + o * step + channel % step;
}

void ndc_winograd_weights_f32(const float *weights, int64_t outputs, int64_t channels, float *transformed) {
  for (int64_t o = 0; o < outputs; o++)
    for (int64_t c = 0; c < channels; c++) {
      const float *const g = weights + (o * channels + c) * 9;
      double u[16];
      TRANSFORMED(double, g, 0.5, u);
      float *const to = transformed + winograd_place(o, c, channels, 1);
      for (int64_t p = 0; p < 16; p++) to[p * channels * NDC_WINOGRAD_PANEL] = (float)u[p];
    }
}

void ndc_winograd_weights_bf16(const float *weights, int64_t outputs, int64_t channels, uint16_t *transformed) {
  for (int64_t o = 0; o < outputs; o++)
    for (int64_t c = 0; c < channels; c++) {
      const float *const g = weights + (o * channels + c) * 9;
      double u[16];
      TRANSFORMED(double, g, 0.5, u);
      uint16_t *const to = transformed + winograd_place(o, c, channels, 2);
      for (int64_t p = 0; p < 16; p++) to[p * channels * NDC_WINOGRAD_PANEL] = bf16_from_float((float)u[p]);
    }
}

void ndc_winograd_weights_s8(const int8_t *weights, int64_t outputs, int64_t channels, int16_t *transformed) {
  for (int64_t o = 0; o < outputs; o++)
    for (int64_t c = 0; c < channels; c++) {
      const int8_t *const g = weights + (o * channels + c) * 9;
      int u[16];
      TRANSFORMED(int, g, 1, u);
      int16_t *const to = transformed + winograd_place(o, c, channels, 2);
      for (int64_t p = 0; p < 16; p++) to[p * channels * NDC_WINOGRAD_PANEL] = (int16_t)u[p];
    }
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
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16,avx512vnni,fma"))), apply_to = function)
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
      if (!__builtin_cpu_supports("avx512bf16") || !__builtin_cpu_supports("avx512vnni")) return 0;
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
