// The kernels of EDM2's networks against their formulas.
#include "check.h"

#include "bfloat16.h"

#include <CKernels.h>
#include <math.h>
#include <stdlib.h>

enum { POSITIONS = 24, WIDTH = 3 };  // 2·4 rows of 2·3 positions, as phases

static const ndc_byte_range bytes = {.inverse_scale = 40, .zero_point = 20, .top = 255};

// Off by one where a value lies at the edge of two bytes, which every set rounds in its own way.
static void expect_byte(ndc_instruction_set set, const char *what, uint8_t found, double value) {
  double wanted = nearbyint(value * 40 + 20);
  wanted = wanted < 0 ? 0 : wanted > 255 ? 255 : wanted;
  const double above = value * 40 + 20 - floor(value * 40 + 20);
  EXPECT_CLOSE(found, wanted, fabs(above - 0.5) < 1e-2 ? 1 : 0, "%s %s", set_name(set), what);
}

// Where position p of channel c lies among the parts.
static int64_t part_of(int64_t p) { return 2 * (p / (2 * WIDTH) % 2) + p % 2; }
static int64_t place_in_part(int64_t p) { return p / (2 * WIDTH) / 2 * WIDTH + p % (2 * WIDTH) / 2; }

static void check_scaled_silu(ndc_instruction_set set, int64_t first, int64_t second) {
  generator random = {21};
  const int64_t channels = first + second, count = POSITIONS * channels;
  const ndc_kernel_table *const kernels = ndc_kernels(set);
  float *const a = take_values(&random, POSITIONS * first, 0), *const b = take_values(&random, POSITIONS * second, 0);
  float *const gain = take_values(&random, channels, 1), *const output = take((size_t)count * 4);
  uint16_t *const a16 = take((size_t)(POSITIONS * first) * 2), *const b16 = take((size_t)(POSITIONS * second) * 2),
                  *const half = take((size_t)count * 2);
  uint8_t *const small = take((size_t)count);
  for (int64_t i = 0; i < POSITIONS * first; i++) a16[i] = bf16_from_float(a[i] *= 5);
  for (int64_t i = 0; i < POSITIONS * second; i++) b16[i] = bf16_from_float(b[i] *= 5);
  ndc_scaled_silu call = {
      .first = a,
      .second = b,
      .first_channels = first,
      .second_channels = second,
      .positions = POSITIONS,
      .gain = gain,
      .output = output};
  kernels->f32->scaled_silu(&call);
  call.output = small;
  call.range = &bytes;
  kernels->f32->scaled_silu(&call);
  for (int64_t i = 0; i < count; i++) {
    const int64_t p = i / channels, c = i % channels;
    const double y = silu_of((double)gain[c] * (c < first ? a[p * first + c] : b[p * second + c - first]));
    EXPECT_CLOSE(
        output[i], y, 2e-6 * (fabs(y) + 1), "%s silu of %d+%d channels", set_name(set), (int)first, (int)second);
    expect_byte(set, "silu in bytes", small[i], y);
  }
  call.first = a16;
  call.second = b16;
  call.output = half;
  call.range = NULL;
  kernels->bf16->scaled_silu(&call);
  for (int64_t i = 0; i < count; i++) {
    const int64_t p = i / channels, c = i % channels;
    const double y =
        silu_of((double)gain[c] * bf16_to_float(c < first ? a16[p * first + c] : b16[p * second + c - first]));
    EXPECT_CLOSE(bf16_to_float(half[i]), y, fabs(y) / 200 + 1e-5, "%s bf16 silu", set_name(set));
  }
  // The first input as four parts.
  float *const parts = take((size_t)(POSITIONS * first) * 4);
  ndc_phases phases = {.width = WIDTH};
  for (int part = 0; part < 4; part++) phases.parts[part] = parts + part * POSITIONS / 4 * first;
  for (int64_t p = 0; p < POSITIONS; p++)
    for (int64_t c = 0; c < first; c++)
      parts[(part_of(p) * POSITIONS / 4 + place_in_part(p)) * first + c] = a[p * first + c];
  call = (ndc_scaled_silu){
      .first_channels = first, .positions = POSITIONS, .phases = &phases, .gain = gain, .output = output};
  kernels->f32->scaled_silu(&call);
  call.output = small;
  call.range = &bytes;
  kernels->f32->scaled_silu(&call);
  for (int64_t i = 0; i < POSITIONS * first; i++) {
    const double y = silu_of((double)gain[i % first] * a[i]);
    EXPECT_CLOSE(output[i], y, 2e-6 * (fabs(y) + 1), "%s silu of parts", set_name(set));
    expect_byte(set, "silu of parts in bytes", small[i], y);
  }
  free(a);
  free(b);
  free(gain);
  free(output);
  free(a16);
  free(b16);
  free(half);
  free(small);
  free(parts);
}

static void check_pixel_norm(ndc_instruction_set set, int64_t channels) {
  generator random = {22};
  const int64_t count = POSITIONS * channels;
  const ndc_kernel_table *const kernels = ndc_kernels(set);
  float *const x = take_values(&random, count, 0), *const kept = take((size_t)count * 4),
               *const activated = take((size_t)count * 4);
  uint16_t *const x16 = take((size_t)count * 2);
  uint8_t *const small = take((size_t)count);
  for (int64_t c = 0; c < channels; c++) x[c] = 0;
  for (int64_t i = 0; i < count; i++) x16[i] = bf16_from_float(x[i] *= 3);
  ndc_pixel_norm call = {
      .input = x,
      .rows = POSITIONS,
      .channels = channels,
      .epsilon = 1e-4f,
      .scale = 0.75f,
      .kept = kept,
      .activated = activated};
  kernels->f32->pixel_norm(&call);
  call.activated = small;
  call.range = &bytes;
  kernels->f32->pixel_norm(&call);
  double *const norms = take(POSITIONS * sizeof *norms);
  for (int64_t p = 0; p < POSITIONS; p++) {
    double sum = 0;
    for (int64_t c = 0; c < channels; c++) sum += (double)x[p * channels + c] * x[p * channels + c];
    norms[p] = 1e-4 + sqrt(sum / (double)channels);
  }
  for (int64_t i = 0; i < count; i++) {
    const double n = x[i] / norms[i / channels], y = silu_of(n);
    EXPECT_CLOSE(kept[i], 0.75 * n, 2e-6 * (fabs(n) + 1), "%s norm of %d channels", set_name(set), (int)channels);
    EXPECT_CLOSE(activated[i], y, 2e-6 * (fabs(y) + 1), "%s silu of the norm", set_name(set));
    expect_byte(set, "silu of the norm in bytes", small[i], y);
  }
  // In place and without an activation.
  call = (ndc_pixel_norm){
      .input = x16, .rows = POSITIONS, .channels = channels, .epsilon = 1e-4f, .scale = 1, .kept = x16};
  kernels->bf16->pixel_norm(&call);
  for (int64_t i = 0; i < count; i++) {
    const double n = x[i] / norms[i / channels];
    EXPECT_CLOSE(bf16_to_float(x16[i]), n, fabs(n) / 100 + 1e-6, "%s bf16 norm", set_name(set));
  }
  free(x);
  free(kept);
  free(activated);
  free(x16);
  free(small);
  free(norms);
}

static void check_clip(ndc_instruction_set set) {
  generator random = {23};
  enum { COUNT = 101 };
  float *const x = take_values(&random, COUNT, 0);
  float before[COUNT];
  uint16_t half[COUNT];
  x[3] = NAN;
  x[99] = INFINITY;
  for (int i = 0; i < COUNT; i++) half[i] = bf16_from_float(before[i] = x[i]);
  ndc_kernels(set)->f32->clip(x, 0.25f, COUNT);
  ndc_kernels(set)->bf16->clip(half, 0.25f, COUNT);
  for (int i = 0; i < COUNT; i++) {
    if (i == 3) {
      EXPECT(isnan(x[i]) && isnan(bf16_to_float(half[i])), "%s clip keeps NaN", set_name(set));
      continue;
    }
    const double y = before[i] > 0.25 ? 0.25 : before[i] < -0.25 ? -0.25 : before[i];
    EXPECT_CLOSE(x[i], y, 0, "%s clip", set_name(set));
    EXPECT_CLOSE(bf16_to_float(half[i]), y, fabs(y) / 250, "%s bf16 clip", set_name(set));
  }
  free(x);
}

void check_magnitude(ndc_instruction_set set) {
  static const int64_t channels[] = {1, 5, 16, 40, 64};
  for (int i = 0; i < 5; i++) {
    check_scaled_silu(set, channels[i], channels[4 - i]);
    check_pixel_norm(set, channels[i]);
  }
  check_clip(set);
}
