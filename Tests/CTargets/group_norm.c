// Group normalisation with SiLU in every form against its formula in double precision.
#include "check.h"

#include "bfloat16.h"

#include <CKernels.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
  int64_t first, second, positions, groups;
} shape;

// Channel counts that are and are not multiples of every vector's width, and a concatenation that splits a group.
static const shape shapes[] = {{32, 0, 64, 8},    {36, 0, 49, 9}, {20, 12, 16, 8},
                               {128, 64, 33, 32}, {4, 0, 1, 1},   {16, 0, 70, 4}};

typedef enum { NO_EMBEDDING, SHIFT_BEFORE, SCALE_AFTER, EMBEDDINGS } embedding;

typedef struct {
  ndc_group_norm call;
  // The output that the formula gives.
  double *expected;
  int64_t count;
} problem;

static double formula(
    const ndc_group_norm *g, const double *x, int64_t channels, int64_t p, int64_t c, double mean, double variance) {
  double y = (x[p * channels + c] - mean) / sqrt(variance + (double)g->epsilon) * g->gamma[c] + g->beta[c];
  if (g->scale_after) y = y * (1 + (double)g->scale_after[c]) + g->shift_after[c];
  return g->apply_silu ? silu_of(y) : y;
}

// `x`: positions × channels, which the shift before is added to.
static double *expected_of(const ndc_group_norm *g, double *x, int64_t channels) {
  double *const y = take((size_t)(g->positions * channels) * sizeof(double));
  const int64_t size = channels / g->groups;
  if (g->shift_before)
    for (int64_t i = 0; i < g->positions * channels; i++) x[i] += g->shift_before[i % channels];
  for (int64_t from = 0; from < channels; from += size) {
    double mean = 0, variance = 0;
    const double count = (double)(g->positions * size);
    for (int64_t p = 0; p < g->positions; p++)
      for (int64_t c = from; c < from + size; c++) mean += x[p * channels + c] / count;
    for (int64_t p = 0; p < g->positions; p++)
      for (int64_t c = from; c < from + size; c++)
        variance += (x[p * channels + c] - mean) * (x[p * channels + c] - mean) / count;
    for (int64_t p = 0; p < g->positions; p++)
      for (int64_t c = from; c < from + size; c++) y[p * channels + c] = formula(g, x, channels, p, c, mean, variance);
  }
  return y;
}

static float rounded(float x) { return bf16_to_float(bf16_from_float(x)); }

static void to_bf16(const float *values, uint16_t *to, int64_t count) {
  for (int64_t i = 0; i < count; i++) to[i] = bf16_from_float(values[i]);
}

static const ndc_byte_range range = {.inverse_scale = 1 / 0.011f, .zero_point = 26, .top = 255};

static double clamped(double x) { return x < 0 ? 0 : x > 255 ? 255 : x; }

static void compare(
    const char *name, const double *expected, const float *f32, const uint16_t *bf16, const uint8_t *bytes,
    int64_t count) {
  for (int64_t i = 0; i < count; i++) {
    const double y = expected[i], size = fabs(y) > 1 ? fabs(y) : 1;
    if (f32) EXPECT_CLOSE(f32[i], y, 8e-5 * size, "%s, fp32, %d", name, (int)i);
    if (bf16) EXPECT_CLOSE(bf16_to_float(bf16[i]), y, fabs(y) / 128 + 2e-4, "%s, bf16, %d", name, (int)i);
    if (bytes) EXPECT_CLOSE(bytes[i], clamped(y / 0.011 + 26), 0.53, "%s, bytes, %d", name, (int)i);
  }
}

static void check_whole(ndc_instruction_set set, const shape *s, embedding kind, int silu, float offset) {
  generator random = {(uint64_t)(s->positions + 10 * s->first) + kind};
  const int64_t channels = s->first + s->second, count = s->positions * channels;
  float *const first = take_values(&random, s->first * s->positions, offset);
  float *const second = take_values(&random, s->second * s->positions, offset);
  for (int64_t i = 0; i < s->first * s->positions; i++) first[i] = rounded(first[i]);
  for (int64_t i = 0; i < s->second * s->positions; i++) second[i] = rounded(second[i]);
  float *const factors = take_values(&random, 4 * channels, 0);
  double *const x = take((size_t)count * sizeof *x);
  for (int64_t p = 0; p < s->positions; p++)
    for (int64_t c = 0; c < channels; c++)
      x[p * channels + c] = c < s->first ? first[p * s->first + c] : second[p * s->second + c - s->first];
  ndc_group_norm call = {
      .first = first,
      .second = second,
      .first_channels = s->first,
      .second_channels = s->second,
      .positions = s->positions,
      .groups = s->groups,
      .epsilon = 1e-5f,
      .gamma = factors,
      .beta = factors + channels,
      .apply_silu = silu,
      .scratch = take((size_t)channels * 4 * sizeof(double))};
  if (kind == SHIFT_BEFORE) call.shift_before = factors + 2 * channels;
  if (kind == SCALE_AFTER) {
    call.scale_after = factors + 2 * channels;
    call.shift_after = factors + 3 * channels;
  }
  double *const expected = expected_of(&call, x, channels);
  float *const f32 = take((size_t)count * sizeof *f32);
  uint16_t *const bf16 = take((size_t)count * sizeof *bf16),
                  *const first16 = take((size_t)(s->first * s->positions) * 2),
                  *const second16 = take((size_t)(s->second * s->positions) * 2);
  uint8_t *const bytes = take((size_t)count), *const bytes16 = take((size_t)count);
  to_bf16(first, first16, s->first * s->positions);
  to_bf16(second, second16, s->second * s->positions);

  const ndc_kernel_table *const kernels = ndc_kernels(set);
  call.output = f32;
  kernels->f32->group_norm(&call);
  call.output = bytes;
  kernels->f32->quantized_group_norm(&call, &range);
  call.first = first16;
  call.second = second16;
  call.output = bf16;
  kernels->bf16->group_norm(&call);
  call.output = bytes16;
  kernels->bf16->quantized_group_norm(&call, &range);
  char name[128];
  strcpy(
      name, describe(
                "%s group norm %d+%d×%d, embedding %d, silu %d", set_name(set), (int)s->first, (int)s->second,
                (int)s->positions, kind, silu));
  compare(name, expected, f32, bf16, bytes, count);
  compare(name, expected, NULL, NULL, bytes16, count);
  free(first);
  free(second);
  free(factors);
  free(x);
  free(call.scratch);
  free(expected);
  free(f32);
  free(bf16);
  free(first16);
  free(second16);
  free(bytes);
  free(bytes16);
}

static void check_phased(ndc_instruction_set set, int64_t channels) {
  generator random = {(uint64_t)channels};
  enum { SIDE = 6 };
  const int64_t part = SIDE * SIDE * channels, count = 4 * part;
  float *parts[4];
  uint16_t *halves[4];
  double *const x = take((size_t)count * sizeof *x);
  for (int k = 0; k < 4; k++) {
    // Parts whose means differ: pooling that cancels would show.
    parts[k] = take_values(&random, part, (float)(5 + k));
    halves[k] = take((size_t)part * 2);
    for (int64_t i = 0; i < part; i++) {
      parts[k][i] = rounded(parts[k][i]);
      halves[k][i] = bf16_from_float(parts[k][i]);
      const int64_t p = i / channels, y = 2 * (p / SIDE) + k / 2, z = 2 * (p % SIDE) + k % 2;
      x[(y * 2 * SIDE + z) * channels + i % channels] = parts[k][i];
    }
  }
  float *const factors = take_values(&random, 3 * channels, 0);
  ndc_group_norm call = {
      .first_channels = channels,
      .positions = 4 * SIDE * SIDE,
      .groups = channels / 4,
      .epsilon = 1e-5f,
      .gamma = factors,
      .beta = factors + channels,
      .shift_before = factors + 2 * channels,
      .apply_silu = 1,
      .scratch = take((size_t)channels * 4 * sizeof(double))};
  double *const expected = expected_of(&call, x, channels);
  const ndc_phases wide = {.parts = {parts[0], parts[1], parts[2], parts[3]}, .width = SIDE};
  const ndc_phases narrow = {.parts = {halves[0], halves[1], halves[2], halves[3]}, .width = SIDE};
  float *const f32 = take((size_t)count * sizeof *f32);
  uint16_t *const bf16 = take((size_t)count * sizeof *bf16);
  uint8_t *const bytes = take((size_t)count), *const bytes16 = take((size_t)count);
  const ndc_kernel_table *const kernels = ndc_kernels(set);
  call.output = f32;
  kernels->f32->phased_group_norm(&call, &wide);
  call.output = bytes;
  kernels->f32->phased_quantized_group_norm(&call, &wide, &range);
  call.output = bf16;
  kernels->bf16->phased_group_norm(&call, &narrow);
  call.output = bytes16;
  kernels->bf16->phased_quantized_group_norm(&call, &narrow, &range);
  char name[128];
  strcpy(name, describe("%s group norm of four parts of %d channels", set_name(set), (int)channels));
  compare(name, expected, f32, bf16, bytes, count);
  compare(name, expected, NULL, NULL, bytes16, count);
  for (int k = 0; k < 4; k++) {
    free(parts[k]);
    free(halves[k]);
  }
  free(x);
  free(factors);
  free(call.scratch);
  free(expected);
  free(f32);
  free(bf16);
  free(bytes);
  free(bytes16);
}

void check_group_norm(ndc_instruction_set set) {
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
    for (int kind = 0; kind < EMBEDDINGS; kind++)
      // A mean far from zero without SiLU: a variance that cancels would show.
      for (int silu = 0; silu < 2; silu++) check_whole(set, &shapes[i], (embedding)kind, silu, silu ? 2 : 20);
  check_phased(set, 16);
  check_phased(set, 20);
  check_phased(set, 64);
}
