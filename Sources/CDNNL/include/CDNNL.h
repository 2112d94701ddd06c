// The only place that creates oneDNN primitives. Everything above sees three verbs: create an operation (immutable,
// shared between threads), bind it to memory (one worker's), run it. Of oneDNN 2, create one at a time (`Operation` says
// why).
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum { NDC_DNNL_F32 = 0, NDC_DNNL_BF16 = 1, NDC_DNNL_U8 = 2 } ndc_dnnl_type;

// A primitive with its constant operands (weights already in the layout it wants).
typedef struct ndc_dnnl_operation ndc_dnnl_operation;
// An operation bound to one worker's buffers.
typedef struct ndc_dnnl_call ndc_dnnl_call;

// A convolution over NHWC activations.
typedef struct {
  int64_t batch;
  int64_t height, width;
  int64_t input_channels, output_channels;
  int64_t kernel;
  int64_t padding_before[2], padding_after[2];  // rows, columns
  int64_t stride;                               // of rows and columns alike
  ndc_dnnl_type source, weights, destination;
  // destination = convolution + bias + sum_scale·destination; 0 leaves the old contents out.
  float sum_scale;
} ndc_dnnl_convolution_shape;

// A batched product C[b,h] = scale·A[b,h]·B[b,h] of M×K by K×N matrices; strides in elements: outer, inner, row, column.
typedef struct {
  int64_t outer, inner;
  int64_t m, k, n;
  int64_t a_strides[4], b_strides[4], c_strides[4];
  ndc_dnnl_type a, b, c;
  float scale;
} ndc_dnnl_product_shape;

typedef struct {
  int32_t status;       // 0 is success, otherwise oneDNN's status
  const char *action;   // what failed, a static string
} ndc_dnnl_result;

// weights: OIHW floats; bias: floats, or NULL.
ndc_dnnl_result ndc_dnnl_convolution_create(
    ndc_dnnl_operation **operation, const ndc_dnnl_convolution_shape *shape, const float *weights, const float *bias);

// destination = scales[o]·(Σ (source − zero_point)·weights + bias[o]) + sum_scale·destination, the sum in integers; the
// padding counts as zero_point. The shape's source type must be U8, its weights' type is ignored.
// weights: OIHW signed bytes; scales: one per output channel; bias: floats in units of the sum, or NULL.
ndc_dnnl_result ndc_dnnl_quantized_convolution_create(
    ndc_dnnl_operation **operation, const ndc_dnnl_convolution_shape *shape, const int8_t *weights, const float *scales,
    int32_t zero_point, const float *bias);

// destination[rows×outputs] = source[rows×inputs]·weightsᵀ + bias; weights: outputs×inputs floats; all fp32.
ndc_dnnl_result ndc_dnnl_linear_create(
    ndc_dnnl_operation **operation, int64_t rows, int64_t inputs, int64_t outputs, const float *weights,
    const float *bias);

ndc_dnnl_result ndc_dnnl_product_create(ndc_dnnl_operation **operation, const ndc_dnnl_product_shape *shape);

// Bytes of scratchpad a call needs; workers share one scratchpad among all their calls.
size_t ndc_dnnl_scratchpad_size(const ndc_dnnl_operation *operation);
// The kernel oneDNN chose, such as "jit:avx2". Lives as long as the operation.
const char *ndc_dnnl_implementation(const ndc_dnnl_operation *operation);
void ndc_dnnl_operation_destroy(ndc_dnnl_operation *operation);

// For a product, `second` is B; for the others it is NULL.
ndc_dnnl_result ndc_dnnl_bind(
    ndc_dnnl_call **call, const ndc_dnnl_operation *operation, const void *source, const void *second,
    void *destination, void *scratchpad);
ndc_dnnl_result ndc_dnnl_run(const ndc_dnnl_call *call);
void ndc_dnnl_call_destroy(ndc_dnnl_call *call);

// One OpenMP thread for primitives created or run on the calling thread (the setting is per thread).
void ndc_dnnl_use_one_thread(void);

// "2.6.3", and the instruction set oneDNN dispatches to, such as "AVX2".
void ndc_dnnl_version(int32_t *major, int32_t *minor, int32_t *patch);
const char *ndc_dnnl_instruction_set(void);
// Whether convolutions take bfloat16 operands on this machine.
int32_t ndc_dnnl_has_bf16(void);
// Whether products of bytes are summed in 32 bits at once. Without that, two neighbouring products meet in 16 bits first,
// and their sum saturates at 32767.
int32_t ndc_dnnl_has_vnni(void);

#ifdef __cplusplus
}
#endif
