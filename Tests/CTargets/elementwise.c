// Kernels that are no convolutions against their formulas.
#include "check.h"

#include "bfloat16.h"

#include <CKernels.h>
#include <math.h>
#include <stdlib.h>

static void check_silu(ndc_instruction_set set) {
  enum { COUNT = 8005 };
  float *const input = take(COUNT * sizeof *input), *const output = take(COUNT * sizeof *output);
  for (int i = 0; i < COUNT - 4; i++) input[i] = (float)(i - 4000) / 37;
  input[COUNT - 4] = -1e30f;
  input[COUNT - 3] = 1e30f;
  input[COUNT - 2] = 0;
  input[COUNT - 1] = NAN;
  ndc_kernels(set)->silu(input, output, COUNT);
  for (int i = 0; i < COUNT - 1; i++) {
    const double y = input[i] < -700 ? 0 : silu_of(input[i]);
    EXPECT_CLOSE(output[i], y, 1e-6 * (fabs(y) > 1 ? fabs(y) : 1), "%s silu(%g)", set_name(set), (double)input[i]);
  }
  EXPECT(isnan(output[COUNT - 1]), "%s silu(NaN)", set_name(set));
  free(input);
  free(output);
}

static void check_softmax(ndc_instruction_set set, int64_t columns) {
  generator random = {(uint64_t)columns};
  enum { ROWS = 3 };
  const int64_t count = ROWS * columns;
  float *const scores = take_values(&random, count, 0), *const lost = take((size_t)count * 4),
               *const output = take((size_t)count * 4);
  uint16_t *const half = take((size_t)count * 2);
  for (int64_t i = 0; i < count; i++) scores[i] *= 30;
  scores[0] = 500;
  for (int64_t i = 0; i < count; i++) lost[i] = scores[i];
  ndc_kernels(set)->f32->softmax(lost, output, ROWS, columns);
  for (int64_t i = 0; i < count; i++) lost[i] = scores[i];
  ndc_kernels(set)->bf16->softmax(lost, half, ROWS, columns);
  for (int64_t row = 0; row < ROWS; row++) {
    const float *const x = scores + row * columns;
    double top = x[0], sum = 0;
    for (int64_t c = 0; c < columns; c++) top = x[c] > top ? x[c] : top;
    for (int64_t c = 0; c < columns; c++) sum += exp(x[c] - top);
    for (int64_t c = 0; c < columns; c++) {
      const double y = exp(x[c] - top) / sum;
      EXPECT_CLOSE(output[row * columns + c], y, 1e-6, "%s softmax of %d", set_name(set), (int)columns);
      EXPECT_CLOSE(
          bf16_to_float(half[row * columns + c]), y, y / 200 + 1e-6, "%s bf16 softmax of %d", set_name(set),
          (int)columns);
    }
  }
  free(scores);
  free(lost);
  free(output);
  free(half);
}

// Every machine's bytes are the same.
static void check_quantize(ndc_instruction_set set) {
  generator random = {6};
  enum { TIES = 581, ANY = 4003, COUNT = TIES + ANY + 7 };
  float *const input = take_values(&random, COUNT, 0);
  static const float ends[7] = {NAN, INFINITY, -INFINITY, 1e30f, -1e30f, 0, -0.0f};
  for (int i = 0; i < COUNT; i++) input[i] *= 60;
  for (int i = 0; i < TIES; i++) input[i] = ((float)(i - 20) / 2 - 13) * 0.25f;
  for (int i = 0; i < 7; i++) input[TIES + ANY + i] = ends[i];
  uint8_t *const output = take(COUNT), *const half = take(COUNT);
  uint16_t *const narrow = take(COUNT * 2);
  for (int i = 0; i < COUNT; i++) narrow[i] = bf16_from_float(input[i]);
  const ndc_byte_range exact = {.inverse_scale = 4, .zero_point = 13, .top = 180};
  ndc_kernels(set)->f32->quantize(input, output, COUNT, &exact);
  for (int i = 0; i < COUNT; i++) {
    const double x = nearbyint((double)input[i] * 4 + 13);
    EXPECT_CLOSE(
        output[i],
        isnan(x) || x < 0 ? 0
        : x > 180         ? 180
                          : x,
        0, "%s byte of %g", set_name(set), (double)input[i]);
  }
  const ndc_byte_range rounds = {.inverse_scale = 1 / 0.0337f, .zero_point = 9, .top = 255};
  ndc_kernels(set)->f32->quantize(input, output, COUNT, &rounds);
  ndc_kernels(set)->bf16->quantize(narrow, half, COUNT, &rounds);
  uint8_t *const plain = take(COUNT);
  ndc_kernels(NDC_PORTABLE)->f32->quantize(input, plain, COUNT, &rounds);
  for (int i = 0; i < COUNT; i++)
    EXPECT(output[i] == plain[i], "%s byte of %g, as the portable kernel's", set_name(set), (double)input[i]);
  if (set == NDC_PORTABLE) {
    print_digest("quantize", output, COUNT);
    print_digest("quantize-bf16", half, COUNT);
  }
  free(input);
  free(output);
  free(half);
  free(narrow);
  free(plain);
}

static void check_resample(ndc_instruction_set set, const double *taps, int64_t count, int doubles, int64_t channels) {
  generator random = {5};
  enum { SIDE = 6 };
  const int64_t padding = (count - 1) / 2, side = doubles ? 2 * SIDE : SIDE / 2, outputs = side * side * channels;
  double sum = 0;
  for (int64_t i = 0; i < count; i++) sum += taps[i];
  float filter[64];
  for (int64_t i = 0; i < count * count; i++)
    filter[i] = (float)(taps[i / count] * taps[i % count] / (sum * sum) * (doubles ? 4 : 1));
  float *const input = take_values(&random, SIDE * SIDE * channels, 0), *const bias = take_values(&random, channels, 0);
  float *const output = take((size_t)outputs * 4);
  double *const expected = take((size_t)outputs * 8);
  for (int64_t i = 0; i < outputs; i++) expected[i] = bias[i % channels];
  for (int64_t y = 0; y < (doubles ? SIDE : side); y++)
    for (int64_t x = 0; x < (doubles ? SIDE : side); x++)
      for (int64_t i = 0; i < count * count; i++) {
        const int64_t far_y = 2 * y + i / count - padding, far_x = 2 * x + i % count - padding;
        const int64_t limit = doubles ? side : SIDE;
        if (far_y < 0 || far_x < 0 || far_y >= limit || far_x >= limit) continue;
        for (int64_t c = 0; c < channels; c++) {
          const int64_t near = (y * (doubles ? SIDE : side) + x) * channels + c,
                        far = (far_y * limit + far_x) * channels + c;
          if (doubles) expected[far] += (double)input[near] * filter[i];
          else expected[near] += (double)input[far] * filter[i];
        }
      }
  ndc_resample call = {
      .input = input,
      .output = output,
      .height = SIDE,
      .width = SIDE,
      .channels = channels,
      .taps = count,
      .padding = padding,
      .filter = filter,
      .doubles = doubles,
      .bias = bias};
  ndc_kernels(set)->f32->resample(&call);
  for (int64_t i = 0; i < outputs; i++)
    EXPECT_CLOSE(output[i], expected[i], 1e-5, "%s resample, %d taps, up %d", set_name(set), (int)count, doubles);
  free(input);
  free(bias);
  free(output);
  free(expected);
}

static void check_moves(ndc_instruction_set set) {
  generator random = {8};
  enum { CHANNELS = 11, POSITIONS = 35, COUNT = CHANNELS * POSITIONS, STRIDE = 16 };
  const ndc_kernel_table *const kernels = ndc_kernels(set);
  float *const x = take_values(&random, COUNT, 0), *const y = take_values(&random, COUNT, 0);
  float *const f = take_values(&random, STRIDE * POSITIONS, 0), *const output = take(COUNT * 4);
  uint16_t *const half = take(COUNT * 2), *const x16 = take(COUNT * 2), *const y16 = take(COUNT * 2);
  for (int i = 0; i < COUNT; i++) {
    x16[i] = bf16_from_float(x[i]);
    y16[i] = bf16_from_float(y[i]);
  }
  kernels->f32->blend(x, 0.75f, y, -0.3f, output, COUNT);
  kernels->bf16->blend(x16, 0.75f, y16, -0.3f, half, COUNT);
  for (int i = 0; i < COUNT; i++) {
    EXPECT_CLOSE(output[i], 0.75 * x[i] - (double)0.3f * y[i], 2e-7, "%s blend", set_name(set));
    const double wanted = 0.75 * bf16_to_float(x16[i]) - (double)0.3f * bf16_to_float(y16[i]);
    EXPECT_CLOSE(bf16_to_float(half[i]), wanted, fabs(wanted) / 250 + 1e-6, "%s bf16 blend", set_name(set));
  }
  kernels->f32->channels_last(x, 2, output, CHANNELS, POSITIONS);
  for (int i = 0; i < COUNT; i++)
    EXPECT(output[i % POSITIONS * CHANNELS + i / POSITIONS] == 2 * x[i], "%s channels last", set_name(set));
  kernels->precondition(x, 0.5f, f, 1.5f, output, CHANNELS, STRIDE, POSITIONS);
  for (int i = 0; i < COUNT; i++)
    EXPECT_CLOSE(
        output[i], 0.5 * x[i] + 1.5 * f[i % POSITIONS * STRIDE + i / POSITIONS], 4e-7, "%s precondition",
        set_name(set));
  free(x);
  free(y);
  free(f);
  free(output);
  free(half);
  free(x16);
  free(y16);
}

// Patches are places moved by hand: each value of a picture is found again, and each head's slice.
static void check_patches(ndc_instruction_set set, int patch) {
  generator random = {9};
  enum { CHANNELS = 3, HEIGHT = 5, WIDTH = 7, HEADS = 4 };
  const int each = CHANNELS * patch * patch, count = each * HEIGHT * WIDTH, stride = HEADS * each + 1;
  const ndc_kernel_table *const kernels = ndc_kernels(set);
  float *const x = take_values(&random, count, 0), *const output = take(count * 4), *const last = take(count * 4);
  float *const f = take_values(&random, stride * HEIGHT * WIDTH, 0);
  uint16_t *const half = take(count * 2);
  kernels->f32->patches_last(x, 2, last, CHANNELS, HEIGHT, WIDTH, patch);
  kernels->bf16->patches_last(x, 2, half, CHANNELS, HEIGHT, WIDTH, patch);
  for (int head = 0; head < HEADS; head++) {
    kernels->precondition_patches(x, 0.5f, f + head * each, 1.5f, output, CHANNELS, stride, HEIGHT, WIDTH, patch);
    for (int c = 0; c < CHANNELS; c++)
      for (int y = 0; y < HEIGHT * patch; y++)
        for (int column = 0; column < WIDTH * patch; column++) {
          const int from = (c * HEIGHT * patch + y) * WIDTH * patch + column;
          const int position = y / patch * WIDTH + column / patch;
          const int channel = (c * patch + y % patch) * patch + column % patch;
          EXPECT(last[position * each + channel] == 2 * x[from], "%s patches of %d", set_name(set), patch);
          EXPECT(
              half[position * each + channel] == bf16_from_float(2 * x[from]), "%s bf16 patches of %d", set_name(set),
              patch);
          EXPECT_CLOSE(
              output[from], 0.5 * x[from] + 1.5 * f[position * stride + head * each + channel], 4e-7,
              "%s precondition of patches of %d", set_name(set), patch);
        }
  }
  free(x);
  free(f);
  free(output);
  free(last);
  free(half);
}

void check_elementwise(ndc_instruction_set set) {
  static const int64_t columns[] = {1, 5, 16, 64, 100};
  static const double taps[3][6] = {{1, 1}, {1, 3, 3, 1}, {1, 2, 4, 4, 2, 1}};
  check_silu(set);
  for (int i = 0; i < 5; i++) check_softmax(set, columns[i]);
  check_quantize(set);
  for (int i = 0; i < 3; i++)
    for (int doubles = 0; doubles < 2; doubles++) {
      check_resample(set, taps[i], 2 * (i + 1), doubles, 11);
      check_resample(set, taps[i], 2 * (i + 1), doubles, 32);
    }
  check_moves(set);
  for (int patch = 1; patch <= 3; patch++) check_patches(set, patch);
}
