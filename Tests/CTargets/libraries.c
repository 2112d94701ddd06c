// The C targets over libraries, and the list of mappings.
#include "check.h"

#include <CDNNL.h>
#include <CMappings.h>
#include <CPictures.h>
#include <boost_math_shim.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

void check_mappings(void) {
  int places[256];
  for (int i = 0; i < 256; i++) places[i] = cm_add(places, sizeof places, "a file");
  EXPECT(places[255] == 255, "the last place");
  EXPECT(cm_add(places, 1, "one too many") == -1, "a list that is full");
  for (int i = 0; i < 256; i++) cm_remove(places[i]);
  EXPECT(cm_add(places, 1, "again") == 0, "a place that was given back");
}

// Decoders are exact: every machine's values are the same.
void check_pictures(const char *folder) {
  static const char *const names[] = {"grey8.png",       "color8.png", "grey16.png", "palette.png",  "interlaced.png",
                                      "grey1.png",       "grey.jpg",   "color.jpg",  "color444.jpg", "progressive.jpg",
                                      "transparent.png", "bomb.png",   "cmyk.jpg"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, names[i]);
    FILE *const file = fopen(path, "rb");
    EXPECT(file != NULL, "%s", path);
    if (!file) continue;
    static unsigned char bytes[1 << 20];
    const size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    pictures_picture picture;
    char message[PICTURES_MESSAGE_SIZE];
    const pictures_limits limits = {8192, 1 << 24};
    const pictures_status status = bytes[0] == 0x89 ? pictures_decode_png(bytes, size, limits, &picture, message)
                                                    : pictures_decode_jpeg(bytes, size, limits, &picture, message);
    printf("%s status %d, %u x %u x %u, ", names[i], status, picture.width, picture.height, picture.channels);
    print_digest(
        "values", picture.values,
        status ? 0 : (size_t)picture.width * picture.height * picture.channels * picture.bits / 8);
    EXPECT((status == PICTURES_OK) == (i < 10), "%s", names[i]);
    pictures_free(&picture);
  }
}

typedef struct {
  double k, n, p, value;
  int is_upper;
} count;
typedef struct {
  double x, value;
} point;

static const count bounds[] = {
#include "bounds.inc"
};
static const count binomials[] = {
#include "binomials.inc"
};
static const point quantiles[] = {
#include "quantiles.inc"
};
static const point distributions[] = {
#include "normalCDFs.inc"
};

#define EACH(item, list) for (size_t item = 0; item < sizeof list / sizeof *list; item++)

// 1e-9 relative, as the Swift tests ask; below 1e-300 a double has fewer digits.
static double allowed(double value) { return 1e-9 * fabs(value) + 1e-305; }

void check_statistics(void) {
  EACH(i, bounds) {
    const count c = bounds[i];
    const double found = c.is_upper ? c.k == c.n ? 1 : ndc_ibetac_inv(c.k + 1, c.n - c.k, c.p)
                         : c.k == 0 ? 0
                                    : ndc_ibeta_inv(c.k, c.n - c.k + 1, c.p);
    EXPECT_CLOSE(found, c.value, allowed(c.value), "bound of %g of %g at %g", c.k, c.n, c.p);
  }
  EACH(i, binomials) {
    const count c = binomials[i];
    const double found = c.is_upper ? ndc_binomial_survival(c.k, c.n, c.p) : ndc_binomial_cdf(c.k, c.n, c.p);
    EXPECT_CLOSE(found, c.value, allowed(c.value), "binomial %g of %g at %g", c.k, c.n, c.p);
  }
  EACH(i, quantiles)
  EXPECT_CLOSE(
      ndc_normal_quantile(quantiles[i].x), quantiles[i].value, allowed(quantiles[i].value), "normal quantile of %g",
      quantiles[i].x);
  EACH(i, distributions)
  EXPECT_CLOSE(
      ndc_normal_cdf(distributions[i].x), distributions[i].value, allowed(distributions[i].value), "normal CDF of %g",
      distributions[i].x);
}

static int succeeded(ndc_dnnl_result result) {
  if (result.status) fail("could not %s (status %d)", result.action, result.status);
  return result.status == 0;
}

static void run(ndc_dnnl_operation *operation, const void *source, const void *second, void *destination) {
  void *const scratchpad = take(ndc_dnnl_scratchpad_size(operation));
  ndc_dnnl_call *call = NULL;
  if (succeeded(ndc_dnnl_bind(&call, operation, source, second, destination, scratchpad)))
    succeeded(ndc_dnnl_run(call));
  ndc_dnnl_call_destroy(call);
  free(scratchpad);
}

// Channels that fill no vector, uneven padding, a sum.
enum { SIDE = 5, INPUTS = 20, OUTPUTS = 12, TAPS = 9, POSITIONS = SIDE * SIDE };

static double direct(const double *x, const double *w, int p, int o) {
  double sum = 0;
  for (int t = 0; t < TAPS; t++) {
    const int y = p / SIDE + t / 3 - 1, z = p % SIDE + t % 3 - 1;
    if (y < 0 || z < 0 || y >= SIDE || z >= SIDE) continue;
    for (int c = 0; c < INPUTS; c++) sum += x[(y * SIDE + z) * INPUTS + c] * w[(o * INPUTS + c) * TAPS + t];
  }
  return sum;
}

static void check_dnnl_convolution(int is_quantized) {
  generator random = {12};
  double x[POSITIONS * INPUTS], w[OUTPUTS * INPUTS * TAPS];
  float xf[POSITIONS * INPUTS], wf[OUTPUTS * INPUTS * TAPS], bias[OUTPUTS], scales[OUTPUTS],
      output[POSITIONS * OUTPUTS];
  uint8_t xb[POSITIONS * INPUTS];
  int8_t wb[OUTPUTS * INPUTS * TAPS];
  enum { ZERO = 19 };
  for (int i = 0; i < POSITIONS * INPUTS; i++)
    x[i] = is_quantized ? (xb[i] = (uint8_t)next_below(&random, 128)) - ZERO : (xf[i] = next_value(&random));
  for (int i = 0; i < OUTPUTS * INPUTS * TAPS; i++)
    w[i] = is_quantized ? (wb[i] = (int8_t)((int)next_below(&random, 127) - 63)) : (wf[i] = next_value(&random));
  for (int o = 0; o < OUTPUTS; o++) {
    bias[o] = is_quantized ? (float)o * 3 : next_value(&random);
    scales[o] = is_quantized && o % 2 ? 0.5f : 1;
  }
  for (int i = 0; i < POSITIONS * OUTPUTS; i++) output[i] = 2;
  const ndc_dnnl_convolution_shape shape = {
      .batch = 1,
      .height = SIDE,
      .width = SIDE,
      .input_channels = INPUTS,
      .output_channels = OUTPUTS,
      .kernel = 3,
      .padding_before = {1, 1},
      .padding_after = {1, 1},
      .source = is_quantized ? NDC_DNNL_U8 : NDC_DNNL_F32,
      .weights = NDC_DNNL_F32,
      .destination = NDC_DNNL_F32,
      .sum_scale = 1};
  ndc_dnnl_operation *operation = NULL;
  if (!succeeded(
          is_quantized ? ndc_dnnl_quantized_convolution_create(&operation, &shape, wb, scales, ZERO, bias)
                       : ndc_dnnl_convolution_create(&operation, &shape, wf, bias)))
    return;
  run(operation, is_quantized ? (void *)xb : xf, NULL, output);
  for (int i = 0; i < POSITIONS * OUTPUTS; i++) {
    const int o = i % OUTPUTS;
    EXPECT_CLOSE(
        output[i], scales[o] * (direct(x, w, i / OUTPUTS, o) + bias[o]) + 2, is_quantized ? 0 : 1e-4,
        "oneDNN convolution, bytes %d (%s)", is_quantized, ndc_dnnl_implementation(operation));
  }
  if (is_quantized) print_digest("onednn-bytes", output, sizeof output);
  ndc_dnnl_operation_destroy(operation);
}

static void check_dnnl_products(void) {
  generator random = {13};
  enum { ROWS = 5, WIDTH = 33, RESULTS = 18, BATCH = 2 };
  float *const a = take_values(&random, BATCH * ROWS * WIDTH, 0), *const b =
                                                                      take_values(&random, BATCH * WIDTH * RESULTS, 0);
  float *const bias = take_values(&random, RESULTS, 0), *const output = take(BATCH * ROWS * RESULTS * 4);
  ndc_dnnl_operation *operation = NULL;
  if (succeeded(ndc_dnnl_linear_create(&operation, ROWS, WIDTH, RESULTS, b, bias))) {
    run(operation, a, NULL, output);
    for (int i = 0; i < ROWS * RESULTS; i++) {
      double sum = bias[i % RESULTS];
      for (int k = 0; k < WIDTH; k++) sum += (double)a[i / RESULTS * WIDTH + k] * b[i % RESULTS * WIDTH + k];
      EXPECT_CLOSE(output[i], sum, 1e-5, "linear layer");
    }
    ndc_dnnl_operation_destroy(operation);
  }
  const ndc_dnnl_product_shape shape = {
      .outer = BATCH,
      .inner = 1,
      .m = ROWS,
      .k = WIDTH,
      .n = RESULTS,
      .a_strides = {ROWS * WIDTH, ROWS * WIDTH, WIDTH, 1},
      .b_strides = {WIDTH * RESULTS, WIDTH * RESULTS, RESULTS, 1},
      .c_strides = {ROWS * RESULTS, ROWS * RESULTS, RESULTS, 1},
      .a = NDC_DNNL_F32,
      .b = NDC_DNNL_F32,
      .c = NDC_DNNL_F32,
      .scale = 0.375f};
  operation = NULL;
  if (succeeded(ndc_dnnl_product_create(&operation, &shape))) {
    run(operation, a, b, output);
    for (int i = 0; i < BATCH * ROWS * RESULTS; i++) {
      double sum = 0;
      for (int k = 0; k < WIDTH; k++)
        sum += (double)a[i / RESULTS * WIDTH + k] * b[(i / (ROWS * RESULTS) * WIDTH + k) * RESULTS + i % RESULTS];
      EXPECT_CLOSE(output[i], 0.375 * sum, 1e-5, "matrix product");
    }
    ndc_dnnl_operation_destroy(operation);
  }
  free(a);
  free(b);
  free(bias);
  free(output);
}

void check_onednn(void) {
  int32_t major, minor, patch;
  ndc_dnnl_version(&major, &minor, &patch);
  fprintf(stderr, "oneDNN %d.%d.%d (%s)\n", major, minor, patch, ndc_dnnl_instruction_set());
  check_dnnl_convolution(0);
  check_dnnl_convolution(1);
  check_dnnl_products();
}
