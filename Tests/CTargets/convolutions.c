// Narrow convolutions and Winograd's form against the direct sum: of bytes, the same integers.
#include "check.h"

#include "bfloat16.h"

#include <CKernels.h>
#include <math.h>
#include <stdlib.h>

typedef struct {
  int64_t images, height, width, channels, outputs;
  int adds;
} shape;

// Sides that tiles fill and that they do not, several blocks of tiles, sums that are begun and gone on with.
static const shape shapes[] = {{1, 4, 4, 32, 32, 0}, {1, 1, 1, 32, 32, 0},   {3, 5, 7, 64, 32, 1},
                               {2, 6, 3, 32, 96, 0}, {1, 16, 16, 64, 32, 1}, {1, 9, 8, 288, 32, 0}};

static int64_t positions_of(const shape *s) { return s->images * s->height * s->width; }

// Σ of products over the neighbours inside the picture, by position and output; weights OIHW.
static double *direct(const shape *s, const double *input, const double *weights) {
  double *const sums = take((size_t)(positions_of(s) * s->outputs) * sizeof *sums);
  for (int64_t p = 0; p < positions_of(s); p++) {
    const int64_t y = p / s->width % s->height, x = p % s->width;
    for (int64_t o = 0; o < s->outputs; o++) {
      double sum = 0;
      for (int64_t i = -1; i <= 1; i++)
        for (int64_t j = -1; j <= 1; j++) {
          if (y + i < 0 || y + i >= s->height || x + j < 0 || x + j >= s->width) continue;
          const double *const from = input + (p + i * s->width + j) * s->channels;
          const double *const w = weights + o * s->channels * 9 + 3 * (i + 1) + j + 1;
          for (int64_t c = 0; c < s->channels; c++) sum += from[c] * w[9 * c];
        }
      sums[p * s->outputs + o] = sum;
    }
  }
  return sums;
}

static double *doubles(const float *values, int64_t count) {
  double *const result = take((size_t)count * sizeof *result);
  for (int64_t i = 0; i < count; i++) result[i] = values[i];
  return result;
}

static ndc_winograd call_of(const shape *s, int64_t tall, int64_t size) {
  ndc_winograd call = {
      .images = s->images,
      .height = s->height,
      .width = s->width,
      .channels = s->channels,
      .outputs = s->outputs,
      .adds = s->adds};
  call.scratch = take((size_t)ndc_winograd_scratch(&call, tall, size));
  return call;
}

static void check_winograd_f32(ndc_instruction_set set, const shape *s) {
  void (*const kernel)(const ndc_winograd *) = ndc_kernels(set)->f32->winograd;
  EXPECT(kernel != NULL, "%s winograd", set_name(set));
  if (!kernel) return;
  generator random = {3};
  const int64_t inputs = positions_of(s) * s->channels, outputs = positions_of(s) * s->outputs,
                weights = s->outputs * s->channels;
  float *const x = take_values(&random, inputs, 0), *const w = take_values(&random, 9 * weights, 0);
  float *const bias = take_values(&random, s->outputs, 0), *const before = take_values(&random, outputs, 0);
  float *const output = take((size_t)outputs * 4), *const transformed = take((size_t)(16 * weights) * 4);
  for (int64_t i = 0; i < outputs; i++) output[i] = s->adds ? before[i] : NAN;
  double *const wide_x = doubles(x, inputs), *const wide_w = doubles(w, 9 * weights),
                *const sums = direct(s, wide_x, wide_w);
  ndc_winograd call = call_of(s, 2, 4);
  ndc_winograd_weights_f32(w, s->outputs, s->channels, transformed);
  call.input = x;
  call.output = output;
  call.weights = transformed;
  call.bias = bias;
  kernel(&call);
  double largest = 0;
  for (int64_t i = 0; i < outputs; i++) largest = fabs(sums[i]) > largest ? fabs(sums[i]) : largest;
  for (int64_t i = 0; i < outputs; i++)
    EXPECT_CLOSE(
        output[i], sums[i] + bias[i % s->outputs] + (s->adds ? before[i] : 0), 2e-6 * largest,
        "%s winograd of %d channels", set_name(set), (int)s->channels);
  free(x);
  free(w);
  free(bias);
  free(before);
  free(output);
  free(transformed);
  free(wide_x);
  free(wide_w);
  free(sums);
  free(call.scratch);
}

static void check_winograd_bf16(ndc_instruction_set set, const shape *s) {
  void (*const kernel)(const ndc_winograd *) = ndc_kernels(set)->bf16->winograd;
  if (!kernel) return;
  generator random = {4};
  const int64_t inputs = positions_of(s) * s->channels, outputs = positions_of(s) * s->outputs,
                weights = s->outputs * s->channels;
  float *const x = take_values(&random, inputs, 0), *const w = take_values(&random, 9 * weights, 0);
  float *const bias = take_values(&random, s->outputs, 0);
  uint16_t *const x16 = take((size_t)inputs * 2), *const output = take((size_t)outputs * 2),
                  *const transformed = take((size_t)(16 * weights) * 2);
  for (int64_t i = 0; i < inputs; i++) x[i] = bf16_to_float(x16[i] = bf16_from_float(x[i]));
  for (int64_t i = 0; i < outputs; i++) output[i] = 0;
  double *const wide_x = doubles(x, inputs), *const wide_w = doubles(w, 9 * weights),
                *const sums = direct(s, wide_x, wide_w);
  ndc_winograd call = call_of(s, 2, 2);
  ndc_winograd_weights_bf16(w, s->outputs, s->channels, transformed);
  call.input = x16;
  call.output = output;
  call.weights = transformed;
  call.bias = bias;
  kernel(&call);
  double largest = 0;
  for (int64_t i = 0; i < outputs; i++) largest = fabs(sums[i]) > largest ? fabs(sums[i]) : largest;
  // 2⁻⁸ for what is rounded: transformed values, weights, and the result.
  for (int64_t i = 0; i < outputs; i++)
    EXPECT_CLOSE(
        bf16_to_float(output[i]), sums[i] + bias[i % s->outputs], 0.02 * largest, "%s bf16 winograd of %d channels",
        set_name(set), (int)s->channels);
  free(x);
  free(w);
  free(bias);
  free(x16);
  free(output);
  free(transformed);
  free(wide_x);
  free(wide_w);
  free(sums);
  free(call.scratch);
}

// Integers below 2²⁴ and scales that are powers of two: every float is exact.
static void check_winograd_bytes(ndc_instruction_set set, const shape *s, int64_t tall) {
  generator random = {(uint64_t)(7 + tall)};
  enum { ZERO = 37 };
  const int64_t inputs = positions_of(s) * s->channels, outputs = positions_of(s) * s->outputs,
                weights = s->outputs * s->channels;
  uint8_t *const x = take((size_t)inputs);
  int8_t *const w = take((size_t)(9 * weights));
  double *const wide_x = take((size_t)inputs * 8), *const wide_w = take((size_t)(9 * weights) * 8);
  for (int64_t i = 0; i < inputs; i++) wide_x[i] = (x[i] = (uint8_t)next_below(&random, 256)) - ZERO;
  for (int64_t i = 0; i < 9 * weights; i++) wide_w[i] = w[i] = (int8_t)((int)next_below(&random, 255) - 127);
  float *const output = take((size_t)outputs * 4), *const bias = take((size_t)s->outputs * 4),
               *const scales = take((size_t)s->outputs * 4);
  int16_t *const transformed = take((size_t)(4 * (tall + 2) * weights) * 2);
  for (int64_t o = 0; o < s->outputs; o++) {
    bias[o] = (float)((int)next_below(&random, 2000) - 1000);
    scales[o] = o % 2 ? 0.5f : 0.25f;
  }
  for (int64_t i = 0; i < outputs; i++) output[i] = s->adds ? 3 : NAN;
  double *const sums = direct(s, wide_x, wide_w);
  ndc_winograd call = call_of(s, tall, 2);
  ndc_winograd_weights_s8(w, s->outputs, s->channels, tall, transformed);
  call.input = x;
  call.output = output;
  call.weights = transformed;
  call.bias = bias;
  call.scales = scales;
  call.zero_point = ZERO;
  if (tall == 4) ndc_kernels(set)->f32->winograd_tall_bytes(&call);
  else ndc_kernels(set)->f32->winograd_bytes(&call);
  for (int64_t i = 0; i < outputs; i++) {
    const int64_t o = i % s->outputs;
    EXPECT_CLOSE(
        output[i], scales[o] * (sums[i] + bias[o]) + (s->adds ? 3 : 0), 0,
        "%s winograd of bytes, tiles of %d rows, %d channels", set_name(set), (int)tall, (int)s->channels);
  }
  if (set == NDC_PORTABLE)
    print_digest(
        describe("winograd-bytes-%d-%d-%d", (int)tall, (int)s->channels, (int)s->outputs), output, (size_t)outputs * 4);
  free(x);
  free(w);
  free(wide_x);
  free(wide_w);
  free(output);
  free(bias);
  free(scales);
  free(transformed);
  free(sums);
  free(call.scratch);
}

static void check_byte_convolution(ndc_instruction_set set, const shape *s, int64_t side) {
  enum { ZERO = 37 };
  void (*const wide)(const ndc_byte_convolution *) = ndc_kernels(set)->f32->byte_convolution;
  void (*const narrow)(const ndc_byte_convolution *) = ndc_kernels(set)->bf16->byte_convolution;
  EXPECT(
      (wide != NULL) == (set == NDC_NEON_DOT || set == NDC_NEON_BF16) && (narrow != NULL) == (wide != NULL),
      "%s dot products of bytes", set_name(set));
  if (!wide) return;
  generator random = {(uint64_t)(70 + side)};
  const int64_t inputs = positions_of(s) * s->channels, outputs = positions_of(s) * s->outputs,
                weights = s->outputs * s->channels;
  uint8_t *const x = take((size_t)inputs), *const scratch = take((size_t)s->channels);
  int8_t *const w = take((size_t)(side * side * weights)), *const ordered = take((size_t)(side * side * weights));
  // The direct sum's 3×3 weights, of which a single tap is the one in the middle.
  double *const wide_x = take((size_t)inputs * 8), *const wide_w = take((size_t)(9 * weights) * 8);
  for (int64_t i = 0; i < inputs; i++) wide_x[i] = (x[i] = (uint8_t)next_below(&random, 256)) - ZERO;
  for (int64_t i = 0; i < 9 * weights; i++) wide_w[i] = 0;
  for (int64_t i = 0; i < side * side * weights; i++)
    wide_w[side == 3 ? i : 9 * i + 4] = w[i] = (int8_t)((int)next_below(&random, 255) - 127);
  float *const output = take((size_t)outputs * 4), *const bias = take((size_t)s->outputs * 4),
               *const scales = take((size_t)s->outputs * 4);
  uint16_t *const half = take((size_t)outputs * 2);
  int32_t *const offsets = take((size_t)s->outputs * 4);
  for (int64_t o = 0; o < s->outputs; o++) {
    bias[o] = (float)((int)next_below(&random, 2000) - 1000);
    scales[o] = o % 2 ? 0.5f : 0.25f;
  }
  for (int64_t i = 0; i < outputs; i++) {
    output[i] = s->adds ? 3 : NAN;
    half[i] = s->adds ? bf16_from_float(3) : 0x7fc0;
  }
  double *const sums = direct(s, wide_x, wide_w);
  ndc_byte_weights(w, s->outputs, s->channels, side, ZERO, ordered, offsets);
  ndc_byte_convolution call = {
      .input = x,
      .output = output,
      .images = s->images,
      .height = s->height,
      .width = s->width,
      .channels = s->channels,
      .outputs = s->outputs,
      .side = side,
      .weights = ordered,
      .offsets = offsets,
      .bias = bias,
      .scales = scales,
      .adds = s->adds,
      .zero_point = ZERO,
      .scratch = scratch};
  wide(&call);
  call.output = half;
  narrow(&call);
  for (int64_t i = 0; i < outputs; i++) {
    const int64_t o = i % s->outputs;
    const double wanted = scales[o] * (sums[i] + bias[o]) + (s->adds ? 3 : 0);
    EXPECT_CLOSE(
        output[i], wanted, 0, "%s dot products of bytes, %d×%d taps, %d channels", set_name(set), (int)side, (int)side,
        (int)s->channels);
    EXPECT_CLOSE(
        bf16_to_float(half[i]), wanted, fabs(wanted) / 250, "%s dot products of bytes into bf16", set_name(set));
  }
  free(x);
  free(scratch);
  free(w);
  free(ordered);
  free(wide_x);
  free(wide_w);
  free(output);
  free(bias);
  free(scales);
  free(half);
  free(offsets);
  free(sums);
}

static void check_narrow(ndc_instruction_set set, int64_t channels, int64_t outputs, int adds) {
  generator random = {3};
  const shape s = {1, 5, 7, channels, outputs, adds};
  const int64_t inputs = positions_of(&s) * channels, results = positions_of(&s) * outputs;
  float *const x = take_values(&random, inputs, 0), *const w = take_values(&random, 9 * outputs * channels, 0);
  float *const bias = take_values(&random, outputs, 0), *const output = take((size_t)results * 4);
  float *const ordered = take((size_t)(9 * outputs * channels) * 4), *const output16 = take((size_t)results * 4);
  uint16_t *const x16 = take((size_t)inputs * 2);
  for (int64_t i = 0; i < inputs; i++) x[i] = bf16_to_float(x16[i] = bf16_from_float(x[i]));
  for (int64_t i = 0; i < results; i++) output[i] = output16[i] = adds ? 2 : NAN;
  for (int64_t o = 0; o < outputs; o++)
    for (int64_t c = 0; c < channels; c++)
      for (int64_t t = 0; t < 9; t++)
        ordered[((t / 3 * outputs + o) * 3 + t % 3) * channels + c] = w[(o * channels + c) * 9 + t];
  double *const wide_x = doubles(x, inputs), *const wide_w = doubles(w, 9 * outputs * channels);
  double *const sums = direct(&s, wide_x, wide_w);
  ndc_narrow_convolution call = {
      .input = x,
      .output = output,
      .height = s.height,
      .width = s.width,
      .channels = channels,
      .outputs = outputs,
      .weights = ordered,
      .bias = bias,
      .adds = adds};
  ndc_kernels(set)->f32->narrow_convolution(&call);
  call.input = x16;
  call.output = output16;
  ndc_kernels(set)->bf16->narrow_convolution(&call);
  for (int64_t i = 0; i < results; i++) {
    const double wanted = sums[i] + bias[i % outputs] + (adds ? 2 : 0);
    EXPECT_CLOSE(output[i], wanted, 1e-4, "%s narrow convolution of %d channels", set_name(set), (int)channels);
    EXPECT_CLOSE(output16[i], wanted, 1e-4, "%s narrow convolution of %d bf16 channels", set_name(set), (int)channels);
  }
  free(x);
  free(w);
  free(bias);
  free(output);
  free(ordered);
  free(output16);
  free(x16);
  free(wide_x);
  free(wide_w);
  free(sums);
}

void check_convolutions(ndc_instruction_set set) {
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
    check_winograd_f32(set, &shapes[i]);
    check_winograd_bf16(set, &shapes[i]);
    check_winograd_bytes(set, &shapes[i], 2);
    check_winograd_bytes(set, &shapes[i], 4);
    check_byte_convolution(set, &shapes[i], 1);
    check_byte_convolution(set, &shapes[i], 3);
  }
  // Channels that fill no panel.
  const shape uneven = {2, 3, 6, 20, 64, 1};
  check_byte_convolution(set, &uneven, 3);
  check_narrow(set, 16, 1, 0);
  check_narrow(set, 20, 3, 1);
  check_narrow(set, 128, 3, 0);
  check_narrow(set, 5, 2, 1);
}
