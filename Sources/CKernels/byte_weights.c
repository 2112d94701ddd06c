#include "CKernels.h"

void ndc_byte_weights(
    const int8_t *weights, int64_t outputs, int64_t channels, int64_t side, int32_t zero_point, int8_t *ordered,
    int32_t *offsets) {
  const int64_t taps = side * side;
  for (int64_t o = 0; o < outputs; o++) {
    int8_t *const panel = ordered + o / NDC_WINOGRAD_PANEL * taps * channels * NDC_WINOGRAD_PANEL;
    int32_t sum = 0;
    for (int64_t c = 0; c < channels; c++)
      for (int64_t tap = 0; tap < taps; tap++) {
        const int8_t value = weights[(o * channels + c) * taps + tap];
        sum += value;
        panel[((tap * channels + c / 4 * 4) * NDC_WINOGRAD_PANEL) + o % NDC_WINOGRAD_PANEL * 4 + c % 4] = value;
      }
    offsets[o] = (128 - zero_point) * sum;
  }
}
