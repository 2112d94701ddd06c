#include "CKernels.h"
#include "bfloat16.h"
#include "winograd_sizes.h"

int64_t ndc_winograd_scratch(const ndc_winograd *w, int64_t tall, int64_t size) {
  const int64_t tiles = w->images * ((w->height + tall - 1) / tall) * ((w->width + 1) / 2);
  const int64_t positions = WINOGRAD_POSITIONS(tall), block = winograd_block(tiles, w->channels, positions, size);
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

void ndc_winograd_weights_f32(const float *weights, int64_t outputs, int64_t channels, void *transformed) {
  for (int64_t i = 0; i < outputs * channels; i++) {
    const int64_t o = winograd_output(i, channels), c = winograd_channel(i, channels);
    float u[16], *const to = (float *)transformed + winograd_place(o, c, channels, 16, 1);
    winograd_transform(weights + (o * channels + c) * 9, u);
    for (int64_t p = 0; p < 16; p++) to[p * channels * NDC_WINOGRAD_PANEL] = u[p];
  }
}

void ndc_winograd_weights_bf16(const float *weights, int64_t outputs, int64_t channels, void *transformed) {
  for (int64_t i = 0; i < outputs * channels; i++) {
    const int64_t o = winograd_output(i, channels), c = winograd_channel(i, channels);
    float u[16];
    uint16_t *const to = (uint16_t *)transformed + winograd_place(o, c, channels, 16, 2);
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
    int16_t *const to = transformed + winograd_place(o, c, channels, WINOGRAD_POSITIONS(tall), 2);
    for (int64_t a = 0; a < tall + 2; a++) {
      int32_t row[3];
      for (int j = 0; j < 3; j++) row[j] = down[a][0] * g[j] + down[a][1] * g[3 + j] + down[a][2] * g[6 + j];
      for (int64_t b = 0; b < 4; b++)
        to[(4 * a + b) * channels * NDC_WINOGRAD_PANEL] =
            (int16_t)(low[b][0] * row[0] + low[b][1] * row[1] + low[b][2] * row[2]);
    }
  }
}
