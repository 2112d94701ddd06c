// What a version of oneDNN needs of us, counted: whether convolutions that several threads describe at once come out
// wrong, and whether kernels use what lies behind a picture or in the padding of their weights.
//
//   clang -O2 -I Sources/CDNNL/include Benchmarks/OneDNN/needs.c Sources/CDNNL/shim.c -ldnnl -lpthread -o needs &&
//   ./needs
//
// Over a copy of shim.c whose reordered_constant fills new memory with 0xff instead of 0, the padding of weights holds
// NaNs.
#include <CDNNL.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
  int side, channels, outputs, kernel;
  ndc_dnnl_type type;
} convolution;

// Small integers, exact in every type.
static int weight(int i) { return i * 7 % 5 - 2; }
static int value(int i) { return i * 31 % 17 % 8; }

static double expected(const convolution *c, int p, int o) {
  double sum = 0;
  for (int t = 0; t < c->kernel * c->kernel; t++) {
    const int y = p / c->side + t / c->kernel - c->kernel / 2, x = p % c->side + t % c->kernel - c->kernel / 2;
    if (y < 0 || x < 0 || y >= c->side || x >= c->side) continue;
    for (int k = 0; k < c->channels; k++)
      sum += value((y * c->side + x) * c->channels + k) * weight((o * c->channels + k) * c->kernel * c->kernel + t);
  }
  return sum;
}

// 0 where a new operation gives the sums, else 1; `behind` fills what lies behind the picture, in bytes.
static int is_wrong(const convolution *c, int behind) {
  enum { BEHIND = 256 };
  const int taps = c->kernel * c->kernel, inputs = c->side * c->side * c->channels,
            weights = c->outputs * c->channels * taps;
  const size_t size = c->type == NDC_DNNL_F32 ? 4 : c->type == NDC_DNNL_BF16 ? 2 : 1;
  char *const source = malloc((size_t)inputs * size + BEHIND);
  memset(source, behind, (size_t)inputs * size + BEHIND);
  for (int i = 0; i < inputs; i++) {
    const float v = (float)value(i);
    const uint8_t byte = (uint8_t)value(i);
    if (c->type == NDC_DNNL_U8) memcpy(source + i, &byte, 1);
    // The upper half of a float is its bfloat16.
    else memcpy(source + (size_t)i * size, (const char *)&v + 4 - size, size);
  }
  float *const w = malloc((size_t)weights * 4), *const output = calloc((size_t)(c->side * c->side * c->outputs), 4);
  float *const scales = malloc((size_t)c->outputs * 4);
  int8_t *const bytes = malloc((size_t)weights);
  for (int i = 0; i < weights; i++) w[i] = bytes[i] = (int8_t)weight(i);
  for (int o = 0; o < c->outputs; o++) scales[o] = 1;
  const int pad = c->kernel / 2;
  const ndc_dnnl_convolution_shape shape = {
      .batch = 1,
      .height = c->side,
      .width = c->side,
      .input_channels = c->channels,
      .output_channels = c->outputs,
      .kernel = c->kernel,
      .padding_before = {pad, pad},
      .padding_after = {pad, pad},
      .source = c->type,
      .weights = c->type,
      .destination = NDC_DNNL_F32};
  ndc_dnnl_operation *operation = NULL;
  ndc_dnnl_call *call = NULL;
  int wrong = 1;
  ndc_dnnl_result result = c->type == NDC_DNNL_U8
                               ? ndc_dnnl_quantized_convolution_create(&operation, &shape, bytes, scales, 0, NULL)
                               : ndc_dnnl_convolution_create(&operation, &shape, w, NULL);
  if (result.status == 0) {
    void *const scratchpad = malloc(ndc_dnnl_scratchpad_size(operation) + 64);
    result = ndc_dnnl_bind(&call, operation, source, NULL, output, scratchpad);
    if (result.status == 0) result = ndc_dnnl_run(call);
    wrong = result.status != 0;
    for (int i = 0; !wrong && i < c->side * c->side * c->outputs; i++)
      wrong = (double)output[i] != expected(c, i / c->outputs, i % c->outputs);
    ndc_dnnl_call_destroy(call);
    ndc_dnnl_operation_destroy(operation);
    free(scratchpad);
  }
  free(source);
  free(w);
  free(output);
  free(scales);
  free(bytes);
  return wrong;
}

enum { SIDES = 20, OUTPUTS = 40, THREADS = 4, COUNT = 2 * SIDES * OUTPUTS };
static atomic_int next_one, wrong_ones;

static convolution one(int i, int channels) {
  const ndc_dnnl_type other = ndc_dnnl_has_bf16() ? NDC_DNNL_BF16 : NDC_DNNL_U8;
  return (convolution){4 + i / 2 / OUTPUTS, channels, 1 + i / 2 % OUTPUTS, 3, i % 2 ? other : NDC_DNNL_F32};
}

static void *work(void *unused) {
  for (int i; (i = atomic_fetch_add(&next_one, 1)) < COUNT;) {
    const convolution c = one(i, 3);
    atomic_fetch_add(&wrong_ones, is_wrong(&c, 0));
  }
  return unused;
}

int main(void) {
  int32_t major, minor, patch;
  ndc_dnnl_version(&major, &minor, &patch);
  printf("oneDNN %d.%d.%d (%s)\n", major, minor, patch, ndc_dnnl_instruction_set());
  pthread_t threads[THREADS];
  for (int i = 0; i < THREADS; i++) pthread_create(&threads[i], NULL, work, NULL);
  for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
  printf("described by %d threads at once: %d of %d wrong\n", THREADS, atomic_load(&wrong_ones), COUNT);
  static const ndc_dnnl_type types[] = {NDC_DNNL_F32, NDC_DNNL_BF16, NDC_DNNL_U8};
  static const char *const names[] = {"fp32", "bf16", "bytes"};
  for (int t = 0; t < 3; t++) {
    if (types[t] == NDC_DNNL_BF16 && !ndc_dnnl_has_bf16()) continue;
    int count = 0, zeros = 0, ones = 0;
    for (int side = 1; side <= 16; side *= 2)
      for (int channels = 1; channels <= 18; channels += channels < 6 ? 1 : 4)
        for (int outputs = 1; outputs <= 40; outputs += 3)
          for (int kernel = 1; kernel <= 3; kernel += 2) {
            const convolution c = {side, channels, outputs, kernel, types[t]};
            count++;
            zeros += is_wrong(&c, 0);
            ones += is_wrong(&c, 0xff);
          }
    printf(
        "%s: with zeros behind the picture %d of %d wrong, with NaNs (bytes: 255) %d\n", names[t], zeros, count, ones);
  }
  return 0;
}
