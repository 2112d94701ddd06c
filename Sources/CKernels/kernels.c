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
static int64_t winograd_block(int64_t tiles, int64_t channels, int64_t positions, int64_t size) {
  enum { CACHED = 1 << 18, ROWS = 8 };
  int64_t most = CACHED / (positions * channels * size) / ROWS * ROWS;
  if (most < ROWS) most = ROWS;
  const int64_t blocks = (tiles + most - 1) / most;
  return ((tiles + blocks - 1) / blocks + ROWS - 1) / ROWS * ROWS;
}

int64_t ndc_winograd_scratch(const ndc_winograd *w, int64_t tall, int64_t size) {
  const int64_t tiles = w->images * ((w->height + tall - 1) / tall) * ((w->width + 1) / 2), positions = 4 * (tall + 2);
  const int64_t block = winograd_block(tiles, w->channels, positions, size);
  return positions * (block * (w->channels * size + 4 * NDC_WINOGRAD_PANEL) + 2 * 64) + 4 * w->channels;
}

// Where the first product of a channel lies: [panel][positions][channels / step][outputs of a panel][step].
static int64_t winograd_place(int64_t output, int64_t channel, int64_t channels, int64_t positions, int64_t step) {
  const int64_t panel = output / NDC_WINOGRAD_PANEL, o = output % NDC_WINOGRAD_PANEL;
  return (panel * positions * channels + channel / step * step) * NDC_WINOGRAD_PANEL + o * step + channel % step;
}

// The i-th kernel in an order that writes the places one after the other.
static int64_t winograd_output(int64_t i, int64_t channels) {
  return i / (channels * NDC_WINOGRAD_PANEL) * NDC_WINOGRAD_PANEL + i % NDC_WINOGRAD_PANEL;
}

static int64_t winograd_channel(int64_t i, int64_t channels) { return i / NDC_WINOGRAD_PANEL % channels; }

// U = G·g·Gᵀ of one kernel, G's rows being (1, 0, 0), (½, ½, ½), (½, −½, ½), (0, 0, 1).
static void winograd_transform(const float *g, float u[16]) {
  double rows[4][3];
  for (int j = 0; j < 3; j++) {
    rows[0][j] = g[j];
    rows[1][j] = 0.5 * ((double)g[j] + g[3 + j] + g[6 + j]);
    rows[2][j] = 0.5 * ((double)g[j] - g[3 + j] + g[6 + j]);
    rows[3][j] = g[6 + j];
  }
  for (int i = 0; i < 4; i++) {
    u[4 * i] = (float)rows[i][0];
    u[4 * i + 1] = (float)(0.5 * (rows[i][0] + rows[i][1] + rows[i][2]));
    u[4 * i + 2] = (float)(0.5 * (rows[i][0] - rows[i][1] + rows[i][2]));
    u[4 * i + 3] = (float)rows[i][2];
  }
}

void ndc_winograd_weights_f32(const float *weights, int64_t outputs, int64_t channels, float *transformed) {
  for (int64_t i = 0; i < outputs * channels; i++) {
    const int64_t o = winograd_output(i, channels), c = winograd_channel(i, channels);
    float u[16], *const to = transformed + winograd_place(o, c, channels, 16, 1);
    winograd_transform(weights + (o * channels + c) * 9, u);
    for (int64_t p = 0; p < 16; p++) to[p * channels * NDC_WINOGRAD_PANEL] = u[p];
  }
}

void ndc_winograd_weights_bf16(const float *weights, int64_t outputs, int64_t channels, uint16_t *transformed) {
  for (int64_t i = 0; i < outputs * channels; i++) {
    const int64_t o = winograd_output(i, channels), c = winograd_channel(i, channels);
    float u[16];
    uint16_t *const to = transformed + winograd_place(o, c, channels, 16, 2);
    winograd_transform(weights + (o * channels + c) * 9, u);
    for (int64_t p = 0; p < 16; p++) to[p * channels * NDC_WINOGRAD_PANEL] = bf16_from_float(u[p]);
  }
}

// 2 times G's rows across, and 2 times or, of a tall tile, 24 times them down: integers of at most 24·3·127.
void ndc_winograd_weights_s8(
    const int8_t *weights, int64_t outputs, int64_t channels, int64_t tall, int16_t *transformed) {
  static const int32_t low[4][3] = {{2, 0, 0}, {1, 1, 1}, {1, -1, 1}, {0, 0, 2}};
  static const int32_t high[6][3] = {{6, 0, 0}, {-4, -4, -4}, {-4, 4, -4}, {1, 2, 4}, {1, -2, 4}, {0, 0, 24}};
  const int32_t(*const down)[3] = tall == 4 ? high : low;
  for (int64_t i = 0; i < outputs * channels; i++) {
    const int64_t o = winograd_output(i, channels), c = winograd_channel(i, channels);
    const int8_t *const g = weights + (o * channels + c) * 9;
    int16_t *const to = transformed + winograd_place(o, c, channels, 4 * (tall + 2), 2);
    for (int64_t a = 0; a < tall + 2; a++) {
      int32_t row[3];
      for (int j = 0; j < 3; j++) row[j] = down[a][0] * g[j] + down[a][1] * g[3 + j] + down[a][2] * g[6 + j];
      for (int64_t b = 0; b < 4; b++)
        to[(4 * a + b) * channels * NDC_WINOGRAD_PANEL] =
            (int16_t)(low[b][0] * row[0] + low[b][1] * row[1] + low[b][2] * row[2]);
    }
  }
}

// What each build of the template may bring beside LANES and NAME: an estimate of 1/x that one step of Newton's makes good
// to some 22 bits or more (RECIPROCAL_ESTIMATE), whether that step is as good as a division (RECIPROCAL_IS_FULL),
// 2ⁿ·p and rounding in one instruction (SCALE, ROUND), rounding to bfloat16 in one (NARROW), the sum of the lanes (TOTAL),
// storing floats that are not negative as bytes (BYTES), and
// the sums of two products of 16-bit halves (PAIRS).

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
#define PAIRS(b, a) _mm256_madd_epi16((__m256i)(b), (__m256i)(a))
#include "template.inc"
#undef NAME
#undef LANES
#undef TABLE_NAME
#undef RECIPROCAL_ESTIMATE
#undef PAIRS
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
#define PAIRS(b, a) _mm512_madd_epi16((__m512i)(b), (__m512i)(a))
#include "template.inc"
#undef PAIRS
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
