// Fused kernels over NHWC activations, built from the same source for every set of instructions, and for f32 and bf16
// activations.
#pragma once

#include <CInstructionSets.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// One image's normalisation: out = silu(γ'·x + β') with γ', β' from the group statistics.
typedef struct {
  // The input is the concatenation of `first` and `second` along channels; second_channels may be 0.
  const void *first, *second;
  int64_t first_channels, second_channels;
  int64_t positions;  // H·W
  int64_t groups;
  float epsilon;
  const float *gamma, *beta;  // per channel of the concatenation
  // Added to every position before the statistics, or NULL: the embedding of a block without adaptive scale.
  const float *shift_before;
  // y·(scale + 1) + shift after the normalisation, or NULL: adaptive scale.
  const float *scale_after, *shift_after;
  int32_t apply_silu;
  void *output;  // positions × channels, dense
  double *scratch;  // 4·channels doubles
} ndc_group_norm;

// A picture in four parts, by the parity of row and column: part 2·a + b holds the positions (2y + a, 2x + b) as a picture
// of its own, `width` positions wide.
typedef struct {
  const void *parts[4];
  int64_t width;
} ndc_phases;

// How values become bytes: clamp(round(v·inverse_scale + zero_point), 0, top).
typedef struct {
  float inverse_scale;
  float zero_point;  // an integer in 0 … top
  float top;         // at most 255
} ndc_byte_range;

// silu(gain·x) at every position.
typedef struct {
  // The input is the concatenation of `first` and `second` along channels; second_channels may be 0.
  const void *first, *second;
  int64_t first_channels, second_channels;
  int64_t positions;            // H·W
  const ndc_phases *phases;     // read in place of `first` and `second`, of positions/4 each; or NULL
  const float *gain;            // per channel of the concatenation
  const ndc_byte_range *range;  // the output's bytes, or NULL for elements
  void *output;                 // positions × channels, dense
} ndc_scaled_silu;

// n = x/(epsilon + ‖x‖/√C), row by row of C channels.
typedef struct {
  const void *input;
  int64_t rows, channels;
  float epsilon;
  float scale;
  void *kept;                   // scale·n; may be `input`
  void *activated;              // silu(n), or NULL
  const ndc_byte_range *range;  // the bytes of `activated`, or NULL for elements
} ndc_pixel_norm;

// A depthwise filter of k×k taps that halves or doubles each side (Docs/Networks.md, Linear and Conv2d).
typedef struct {
  const void *input;
  void *output;
  int64_t height, width, channels;  // of the input
  int64_t taps;                     // k
  int64_t padding;
  const float *filter;              // k×k, times 4 when doubling is done by the caller's choice of filter
  int32_t doubles;                  // 0: correlation with stride 2; 1: transposed convolution with stride 2
  const float *bias;                // per channel, or NULL
} ndc_resample;

// output[p][o] = bias[o] + Σ weights·input (+ output[p][o]) over the 3×3 neighbours of p inside the picture.
typedef struct {
  const void *input;  // height × width × channels
  float *output;      // height × width × outputs, outputs at most NDC_NARROW_OUTPUTS
  int64_t height, width, channels, outputs;
  const float *weights;  // [3 rows][outputs][3 columns][channels]
  const float *bias;
  int32_t adds;
} ndc_narrow_convolution;
enum { NDC_NARROW_OUTPUTS = 4 };

// A 3×3 convolution with padding 1 by Winograd's F(2×2, 3×3) or, of bytes, F(4×2, 3×3) too: "tall" is 2 or 4. Channels and
// outputs are multiples of NDC_WINOGRAD_PANEL.
typedef struct {
  const void *input;  // images × height × width × channels
  void *output;       // images × height × width × outputs
  int64_t images, height, width, channels, outputs;
  const void *weights;  // what ndc_winograd_weights_… made
  const float *bias;    // per output
  int32_t adds;         // to what `output` holds
  // Of bytes: output = scale·(Σ (u − zero_point)·w + bias), exact where 4 times every such sum, or 48 of tall tiles,
  // fits 32 bits. Others have zero_point 0.
  const float *scales;
  int32_t zero_point;
  void *scratch;  // ndc_winograd_scratch bytes
} ndc_winograd;
enum { NDC_WINOGRAD_PANEL = 32 };

// Bytes for a call of these sizes, whose values have `size` bytes: 4 of floats, else 2.
int64_t ndc_winograd_scratch(const ndc_winograd *, int64_t tall, int64_t size);

// outputs × channels × 3 × 3 weights as the products take them: 4·(tall + 2)·outputs·channels values.
void ndc_winograd_weights_f32(const float *weights, int64_t outputs, int64_t channels, void *transformed);
void ndc_winograd_weights_bf16(const float *weights, int64_t outputs, int64_t channels, void *transformed);
void ndc_winograd_weights_s8(
    const int8_t *weights, int64_t outputs, int64_t channels, int64_t tall, int16_t *transformed);

// A convolution over bytes that keeps the picture's sides: output = scale·(Σ (u − zero_point)·w + bias), the sum in 32
// bits. Channels are a multiple of 4, outputs of NDC_WINOGRAD_PANEL.
typedef struct {
  const uint8_t *input;  // images × height × width × channels
  void *output;          // images × height × width × outputs
  int64_t images, height, width, channels, outputs;
  int64_t side;                // 1 or 3 taps
  const int8_t *weights;       // what ndc_byte_weights made
  const int32_t *offsets;      // likewise
  const float *bias, *scales;  // per output
  int32_t adds;                // to what `output` holds
  int32_t zero_point;          // what the padding counts as
  uint8_t *scratch;            // of `channels` bytes
} ndc_byte_convolution;

// outputs × channels × side × side weights in the kernel's order, and what each output's sum lacks.
void ndc_byte_weights(
    const int8_t *weights, int64_t outputs, int64_t channels, int64_t side, int32_t zero_point, int8_t *ordered,
    int32_t *offsets);

// The kernels of activations of one type: `void *` stands for its elements.
typedef struct {
  void (*group_norm)(const ndc_group_norm *);
  // Of a picture in four parts, which the output puts together. In place of `first`, `second` and `positions`, the parts
  // are read, of positions/4 each.
  void (*phased_group_norm)(const ndc_group_norm *, const ndc_phases *);
  // The same two, whose output is bytes.
  void (*quantized_group_norm)(const ndc_group_norm *, const ndc_byte_range *);
  void (*phased_quantized_group_norm)(const ndc_group_norm *, const ndc_phases *, const ndc_byte_range *);
  void (*quantize)(const void *input, uint8_t *output, int64_t count, const ndc_byte_range *range);
  void (*resample)(const ndc_resample *);
  // rows × columns into `output`, which may be `scores` itself (f32); the scores are lost.
  void (*softmax)(float *scores, void *output, int64_t rows, int64_t columns);
  // output = a·x + b·y
  void (*blend)(const void *x, float a, const void *y, float b, void *output, int64_t count);
  void (*scaled_silu)(const ndc_scaled_silu *);
  void (*pixel_norm)(const ndc_pixel_norm *);
  // x, no further from 0 than `limit`, in place.
  void (*clip)(void *x, float limit, int64_t count);
  // CHW → HWC, times `scale`.
  void (*channels_last)(const float *input, float scale, void *output, int64_t channels, int64_t positions);
  // CHW → patches of patch × patch pixels, height × width of them, times `scale`: channel (c·patch + dy)·patch + dx of
  // patch (i, j) is pixel (patch·i + dy, patch·j + dx) of channel c.
  void (*patches_last)(
      const float *input, float scale, void *output, int64_t channels, int64_t height, int64_t width, int64_t patch);
  // A 3×3 convolution with padding 1 to few channels.
  void (*narrow_convolution)(const ndc_narrow_convolution *);
  // ndc_winograd_weights_… of this type.
  void (*winograd_weights)(const float *weights, int64_t outputs, int64_t channels, void *transformed);
  // NULL where there are no instructions for it.
  void (*winograd)(const ndc_winograd *);
  // Bytes into this type.
  void (*winograd_bytes)(const ndc_winograd *);
  void (*winograd_tall_bytes)(const ndc_winograd *);
  // Bytes into this type; NULL where there are no dot products of bytes, or oneDNN has them.
  void (*byte_convolution)(const ndc_byte_convolution *);
} ndc_element_kernels;

typedef struct {
  const char *name;
  const ndc_element_kernels *f32, *bf16;
  void (*silu)(const float *input, float *output, int64_t count);
  // output (CHW) = skip·x (CHW) + scale·f (HWC, `stride` channels of which the first `channels` count).
  void (*precondition)(
      const float *x, float skip, const float *f, float scale, float *output, int64_t channels, int64_t stride,
      int64_t positions);
  // The same where f lies in patches, as `patches_last` has them; `stride` is a patch's.
  void (*precondition_patches)(
      const float *x, float skip, const float *f, float scale, float *output, int64_t channels, int64_t stride,
      int64_t height, int64_t width, int64_t patch);
} ndc_kernel_table;

// The kernels of a set; NULL where this machine or this build has none.
const ndc_kernel_table *ndc_kernels(ndc_instruction_set set);

#ifdef __cplusplus
}
#endif
