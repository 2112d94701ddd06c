#define _GNU_SOURCE
#include "CDNNL.h"

#include <dlfcn.h>
#include <oneapi/dnnl/dnnl.h>
#include <stdlib.h>
#include <string.h>

// Whatever differs between the two; the rest of this file is the same C for both.
#if DNNL_VERSION_MAJOR == 2
#include "version2.h"
#elif DNNL_VERSION_MAJOR == 3
#include "version3.h"
#else
#error "this shim is written for oneDNN 2 and 3"
#endif

struct ndc_dnnl_operation {
  dnnl_primitive_t primitive;
  description source, second, destination, scratchpad;
  dnnl_memory_t weights, bias, scales, zero_point;
  size_t scratchpad_size;
  const char *implementation;
  dnnl_primitive_desc_t descriptor;
};

struct ndc_dnnl_call {
  dnnl_primitive_t primitive;
  dnnl_exec_arg_t arguments[8];
  dnnl_memory_t owned[4];
  int argument_count, owned_count;
};

static const ndc_dnnl_result success = {0, ""};

#define TRY(expression, what)                            \
  do {                                                   \
    const dnnl_status_t status_ = (expression);          \
    if (status_ != dnnl_success) {                       \
      result = (ndc_dnnl_result){(int32_t)status_, what}; \
      goto cleanup;                                      \
    }                                                    \
  } while (0)

static dnnl_engine_t shared_engine;
static dnnl_stream_t shared_stream;

// The CPU engine and its stream carry no state of a call and may be used from any thread.
__attribute__((constructor)) static void create_engine(void) {
  if (dnnl_engine_create(&shared_engine, dnnl_cpu, 0) != dnnl_success) return;
  if (dnnl_stream_create(&shared_stream, shared_engine, dnnl_stream_default_flags) != dnnl_success)
    shared_stream = NULL;
}

// A library may lack what it runs on, such as a device of the processor where it was built over SYCL.
static dnnl_status_t has_engine(void) { return shared_stream ? dnnl_success : dnnl_runtime_error; }

static dnnl_data_type_t data_type(ndc_dnnl_type type) {
  switch (type) {
    case NDC_DNNL_BF16: return dnnl_bf16;
    case NDC_DNNL_U8: return dnnl_u8;
    default: return dnnl_f32;
  }
}

// NHWC activations under NCHW dimensions.
static dnnl_status_t activation_memory(
    description *memory, int64_t n, int64_t c, int64_t h, int64_t w, ndc_dnnl_type type) {
  const dnnl_dims_t dims = {n, c, h, w};
  const dnnl_dims_t strides = {h * w * c, 1, w * c, c};
  return describe_strided(memory, 4, dims, data_type(type), strides);
}

// Reorders values laid out as `from` into a new memory object with the layout `to`.
static dnnl_status_t reordered_constant(
    dnnl_memory_t *memory, const_description from, const_description to, const void *values) {
  dnnl_memory_t plain = NULL;
  dnnl_primitive_desc_t descriptor = NULL;
  dnnl_primitive_t reorder = NULL;
  *memory = NULL;
  // oneDNN reads through this pointer only.
  dnnl_status_t status = dnnl_memory_create(&plain, from, shared_engine, (void *)(uintptr_t)values);
  if (status == dnnl_success) status = dnnl_memory_create(memory, to, shared_engine, DNNL_MEMORY_ALLOCATE);
  // A layout may have padding that the reorder leaves as it was, and kernels multiply by it.
  void *values_there = NULL;
  if (status == dnnl_success) status = dnnl_memory_get_data_handle(*memory, &values_there);
  if (status == dnnl_success) memset(values_there, 0, dnnl_memory_desc_get_size(to));
  if (status == dnnl_success)
    status = dnnl_reorder_primitive_desc_create(&descriptor, from, shared_engine, to, shared_engine, NULL);
  if (status == dnnl_success) status = dnnl_primitive_create(&reorder, descriptor);
  if (status == dnnl_success) {
    const dnnl_exec_arg_t arguments[2] = {{DNNL_ARG_FROM, plain}, {DNNL_ARG_TO, *memory}};
    status = dnnl_primitive_execute(reorder, shared_stream, 2, arguments);
  }
  if (status == dnnl_success) status = dnnl_stream_wait(shared_stream);
  if (reorder) dnnl_primitive_destroy(reorder);
  if (descriptor) dnnl_primitive_desc_destroy(descriptor);
  if (plain) dnnl_memory_destroy(plain);
  if (status != dnnl_success && *memory) {
    dnnl_memory_destroy(*memory);
    *memory = NULL;
  }
  return status;
}

static dnnl_status_t caller_scratchpad(dnnl_primitive_attr_t *attributes) {
  dnnl_status_t status = dnnl_primitive_attr_create(attributes);
  if (status == dnnl_success)
    status = dnnl_primitive_attr_set_scratchpad_mode(*attributes, dnnl_scratchpad_mode_user);
  return status;
}

// Fills in what every operation needs once its primitive descriptor exists.
static dnnl_status_t finish(ndc_dnnl_operation *operation) {
  dnnl_status_t status = dnnl_primitive_create(&operation->primitive, operation->descriptor);
  if (status != dnnl_success) return status;
  status = copy_description(
      &operation->scratchpad, dnnl_primitive_desc_query_md(operation->descriptor, dnnl_query_scratchpad_md, 0));
  if (status != dnnl_success) return status;
  operation->scratchpad_size = dnnl_memory_desc_get_size(operation->scratchpad);
  return dnnl_primitive_desc_query(operation->descriptor, dnnl_query_impl_info_str, 0, &operation->implementation);
}

// What a convolution over bytes has beside its shape; none for one over floats.
typedef struct {
  const float *scales;
  int32_t zero_point;
} quantization;

// A copy of values that every run is given.
static dnnl_status_t constant(dnnl_memory_t *memory, int64_t count, dnnl_data_type_t type, const void *values) {
  const dnnl_dims_t dims = {count};
  description plain = NULL;
  dnnl_status_t status = describe_tagged(&plain, 1, dims, type, dnnl_a);
  if (status == dnnl_success) status = reordered_constant(memory, plain, plain, values);
  forget(plain);
  return status;
}

// A bias in the units that this version takes: those of the sum, or of the destination.
static dnnl_status_t quantized_bias(
    dnnl_memory_t *memory, int64_t count, const float *bias, const quantization *quantized) {
  if (!quantized || SCALES_REACH_BIAS) return constant(memory, count, dnnl_f32, bias);
  float *const scaled = malloc((size_t)count * sizeof *scaled);
  if (!scaled) return dnnl_out_of_memory;
  for (int64_t o = 0; o < count; o++) scaled[o] = bias[o] * quantized->scales[o];
  const dnnl_status_t status = constant(memory, count, dnnl_f32, scaled);
  free(scaled);
  return status;
}

// `weights` are of type `given` and laid out OIHW; the kernel takes them as `wanted` in an order of its own.
static ndc_dnnl_result create_convolution(
    ndc_dnnl_operation **operation, const ndc_dnnl_convolution_shape *shape, const void *weights,
    dnnl_data_type_t given, dnnl_data_type_t wanted, const quantization *quantized, const float *bias) {
  ndc_dnnl_result result = success;
  dnnl_primitive_attr_t attributes = NULL;
  dnnl_post_ops_t post_ops = NULL;
  *operation = calloc(1, sizeof **operation);
  if (!*operation) return (ndc_dnnl_result){dnnl_out_of_memory, "allocate an operation"};
  ndc_dnnl_operation *const self = *operation;
  ndc_dnnl_use_one_thread();

  const int64_t stride = shape->stride ? shape->stride : 1;
  const int64_t out_height =
      (shape->height + shape->padding_before[0] + shape->padding_after[0] - shape->kernel) / stride + 1;
  const int64_t out_width =
      (shape->width + shape->padding_before[1] + shape->padding_after[1] - shape->kernel) / stride + 1;
  const dnnl_dims_t weight_dims = {shape->output_channels, shape->input_channels, shape->kernel, shape->kernel};
  const dnnl_dims_t bias_dims = {shape->output_channels};
  const dnnl_dims_t steps = {stride, stride}, before = {shape->padding_before[0], shape->padding_before[1]},
                    after = {shape->padding_after[0], shape->padding_after[1]};
  description plain_weights = NULL, wanted_weights = NULL, bias_memory = NULL;
  TRY(has_engine(), "find the processor as a device");
  TRY(activation_memory(
          &self->source, shape->batch, shape->input_channels, shape->height, shape->width, shape->source),
      "describe a convolution's source");
  TRY(activation_memory(
          &self->destination, shape->batch, shape->output_channels, out_height, out_width, shape->destination),
      "describe a convolution's destination");
  TRY(describe_tagged(&plain_weights, 4, weight_dims, given, dnnl_oihw), "describe weights");
  TRY(describe_tagged(&wanted_weights, 4, weight_dims, wanted, dnnl_format_tag_any), "describe weights");
  TRY(describe_tagged(&bias_memory, 1, bias_dims, dnnl_f32, dnnl_a), "describe a bias");

  TRY(caller_scratchpad(&attributes), "create attributes");
  if (quantized)
    TRY(set_quantization(attributes, shape->output_channels, quantized->scales, &quantized->zero_point),
        "set scales and zero points");
  if (shape->sum_scale != 0) {
    TRY(dnnl_post_ops_create(&post_ops), "create post-ops");
    TRY(append_sum(post_ops, shape->sum_scale), "append a sum");
    TRY(dnnl_primitive_attr_set_post_ops(attributes, post_ops), "set post-ops");
  }
  TRY(find_convolution(
          &self->descriptor, self->source, wanted_weights, bias ? bias_memory : NULL, self->destination, steps, before,
          after, attributes, shared_engine),
      "find a convolution kernel");
  TRY(reordered_constant(
          &self->weights, plain_weights, dnnl_primitive_desc_query_md(self->descriptor, dnnl_query_weights_md, 0),
          weights),
      "reorder weights");
  if (bias) TRY(quantized_bias(&self->bias, shape->output_channels, bias, quantized), "copy a bias");
  if (quantized && SCALES_ARE_ARGUMENTS) {
    TRY(constant(&self->scales, shape->output_channels, dnnl_f32, quantized->scales), "copy scales");
    TRY(constant(&self->zero_point, 1, dnnl_s32, &quantized->zero_point), "copy a zero point");
  }
  TRY(finish(self), "create a convolution");
cleanup:
  forget(plain_weights);
  forget(wanted_weights);
  forget(bias_memory);
  if (post_ops) dnnl_post_ops_destroy(post_ops);
  if (attributes) dnnl_primitive_attr_destroy(attributes);
  if (result.status) {
    ndc_dnnl_operation_destroy(self);
    *operation = NULL;
  }
  return result;
}

ndc_dnnl_result ndc_dnnl_convolution_create(
    ndc_dnnl_operation **operation, const ndc_dnnl_convolution_shape *shape, const float *weights, const float *bias) {
  return create_convolution(operation, shape, weights, dnnl_f32, data_type(shape->weights), NULL, bias);
}

ndc_dnnl_result ndc_dnnl_quantized_convolution_create(
    ndc_dnnl_operation **operation, const ndc_dnnl_convolution_shape *shape, const int8_t *weights, const float *scales,
    int32_t zero_point, const float *bias) {
  const quantization quantized = {scales, zero_point};
  return create_convolution(operation, shape, weights, dnnl_s8, dnnl_s8, &quantized, bias);
}

ndc_dnnl_result ndc_dnnl_linear_create(
    ndc_dnnl_operation **operation, int64_t rows, int64_t inputs, int64_t outputs, const float *weights,
    const float *bias) {
  ndc_dnnl_result result = success;
  dnnl_primitive_attr_t attributes = NULL;
  *operation = calloc(1, sizeof **operation);
  if (!*operation) return (ndc_dnnl_result){dnnl_out_of_memory, "allocate an operation"};
  ndc_dnnl_operation *const self = *operation;
  ndc_dnnl_use_one_thread();

  const dnnl_dims_t source_dims = {rows, inputs}, weight_dims = {inputs, outputs}, destination_dims = {rows, outputs};
  const dnnl_dims_t bias_dims = {1, outputs};
  description plain_weights = NULL, wanted_weights = NULL, bias_memory = NULL;
  TRY(has_engine(), "find the processor as a device");
  TRY(describe_tagged(&self->source, 2, source_dims, dnnl_f32, dnnl_ab), "describe a source");
  TRY(describe_tagged(&self->destination, 2, destination_dims, dnnl_f32, dnnl_ab), "describe a result");
  TRY(describe_tagged(&plain_weights, 2, weight_dims, dnnl_f32, dnnl_ba), "describe weights");
  TRY(describe_tagged(&wanted_weights, 2, weight_dims, dnnl_f32, dnnl_format_tag_any), "describe weights");
  TRY(describe_tagged(&bias_memory, 2, bias_dims, dnnl_f32, dnnl_ab), "describe a bias");
  TRY(caller_scratchpad(&attributes), "create attributes");
  TRY(find_product(
          &self->descriptor, self->source, wanted_weights, bias ? bias_memory : NULL, self->destination, attributes,
          shared_engine),
      "find a kernel for a linear layer");
  TRY(reordered_constant(
          &self->weights, plain_weights, dnnl_primitive_desc_query_md(self->descriptor, dnnl_query_weights_md, 0),
          weights),
      "reorder weights");
  if (bias) TRY(reordered_constant(&self->bias, bias_memory, bias_memory, bias), "copy a bias");
  TRY(finish(self), "create a linear layer");
cleanup:
  forget(plain_weights);
  forget(wanted_weights);
  forget(bias_memory);
  if (attributes) dnnl_primitive_attr_destroy(attributes);
  if (result.status) {
    ndc_dnnl_operation_destroy(self);
    *operation = NULL;
  }
  return result;
}

static dnnl_status_t matrix_memory(
    description *memory, int64_t outer, int64_t inner, int64_t rows, int64_t columns, const int64_t strides[4],
    ndc_dnnl_type type) {
  const dnnl_dims_t dims = {outer, inner, rows, columns};
  dnnl_dims_t steps = {0};
  memcpy(steps, strides, 4 * sizeof(int64_t));
  return describe_strided(memory, 4, dims, data_type(type), steps);
}

ndc_dnnl_result ndc_dnnl_product_create(ndc_dnnl_operation **operation, const ndc_dnnl_product_shape *shape) {
  ndc_dnnl_result result = success;
  dnnl_primitive_attr_t attributes = NULL;
  *operation = calloc(1, sizeof **operation);
  if (!*operation) return (ndc_dnnl_result){dnnl_out_of_memory, "allocate an operation"};
  ndc_dnnl_operation *const self = *operation;
  ndc_dnnl_use_one_thread();

  TRY(has_engine(), "find the processor as a device");
  TRY(matrix_memory(&self->source, shape->outer, shape->inner, shape->m, shape->k, shape->a_strides, shape->a),
      "describe the first matrix");
  TRY(matrix_memory(&self->second, shape->outer, shape->inner, shape->k, shape->n, shape->b_strides, shape->b),
      "describe the second matrix");
  TRY(matrix_memory(&self->destination, shape->outer, shape->inner, shape->m, shape->n, shape->c_strides, shape->c),
      "describe the product");
  TRY(caller_scratchpad(&attributes), "create attributes");
  if (shape->scale != 1) TRY(set_scale(attributes, shape->scale), "set the scale");
  TRY(find_product(
          &self->descriptor, self->source, self->second, NULL, self->destination, attributes, shared_engine),
      "find a kernel for a matrix product");
  TRY(finish(self), "create a matrix product");
cleanup:
  if (attributes) dnnl_primitive_attr_destroy(attributes);
  if (result.status) {
    ndc_dnnl_operation_destroy(self);
    *operation = NULL;
  }
  return result;
}

size_t ndc_dnnl_scratchpad_size(const ndc_dnnl_operation *operation) { return operation->scratchpad_size; }

const char *ndc_dnnl_implementation(const ndc_dnnl_operation *operation) { return operation->implementation; }

void ndc_dnnl_operation_destroy(ndc_dnnl_operation *operation) {
  if (!operation) return;
  const dnnl_memory_t constants[] = {operation->weights, operation->bias, operation->scales, operation->zero_point};
  for (size_t i = 0; i < sizeof constants / sizeof *constants; i++)
    if (constants[i]) dnnl_memory_destroy(constants[i]);
  if (operation->primitive) dnnl_primitive_destroy(operation->primitive);
  if (operation->descriptor) dnnl_primitive_desc_destroy(operation->descriptor);
  forget(operation->source);
  forget(operation->second);
  forget(operation->destination);
  forget(operation->scratchpad);
  free(operation);
}

static dnnl_status_t add_argument(ndc_dnnl_call *call, int kind, const_description memory, const void *buffer) {
  dnnl_memory_t object = NULL;
  const dnnl_status_t status = dnnl_memory_create(&object, memory, shared_engine, (void *)(uintptr_t)buffer);
  if (status != dnnl_success) return status;
  call->owned[call->owned_count++] = object;
  call->arguments[call->argument_count++] = (dnnl_exec_arg_t){kind, object};
  return dnnl_success;
}

static void add_constant(ndc_dnnl_call *call, int kind, dnnl_memory_t constant) {
  if (constant) call->arguments[call->argument_count++] = (dnnl_exec_arg_t){kind, constant};
}

ndc_dnnl_result ndc_dnnl_bind(
    ndc_dnnl_call **call, const ndc_dnnl_operation *operation, const void *source, const void *second,
    void *destination, void *scratchpad) {
  ndc_dnnl_result result = success;
  *call = calloc(1, sizeof **call);
  if (!*call) return (ndc_dnnl_result){dnnl_out_of_memory, "allocate a call"};
  ndc_dnnl_call *const self = *call;
  self->primitive = operation->primitive;
  TRY(add_argument(self, DNNL_ARG_SRC, operation->source, source), "bind a source");
  TRY(add_argument(self, DNNL_ARG_DST, operation->destination, destination), "bind a destination");
  if (operation->second)
    TRY(add_argument(self, DNNL_ARG_WEIGHTS, operation->second, second), "bind a second matrix");
  if (operation->scratchpad_size)
    TRY(add_argument(self, DNNL_ARG_SCRATCHPAD, operation->scratchpad, scratchpad), "bind a scratchpad");
  add_constant(self, DNNL_ARG_WEIGHTS, operation->weights);
  add_constant(self, DNNL_ARG_BIAS, operation->bias);
  add_constant(self, SCALES_ARGUMENT, operation->scales);
  add_constant(self, ZERO_POINT_ARGUMENT, operation->zero_point);
cleanup:
  if (result.status) {
    ndc_dnnl_call_destroy(self);
    *call = NULL;
  }
  return result;
}

ndc_dnnl_result ndc_dnnl_run(const ndc_dnnl_call *call) {
  dnnl_status_t status =
      dnnl_primitive_execute(call->primitive, shared_stream, call->argument_count, call->arguments);
  // Done already where the library runs on OpenMP, but not where it was built over SYCL.
  if (status == dnnl_success) status = dnnl_stream_wait(shared_stream);
  return status == dnnl_success ? success : (ndc_dnnl_result){(int32_t)status, "run a primitive"};
}

void ndc_dnnl_call_destroy(ndc_dnnl_call *call) {
  if (!call) return;
  for (int i = 0; i < call->owned_count; i++) dnnl_memory_destroy(call->owned[i]);
  free(call);
}

// Found at run time so that no particular OpenMP library has to be linked.
void ndc_dnnl_use_one_thread(void) {
  void (*const set)(int) = (void (*)(int))(uintptr_t)dlsym(RTLD_DEFAULT, "omp_set_num_threads");
  if (set) set(1);
}

void ndc_dnnl_version(int32_t *major, int32_t *minor, int32_t *patch) {
  const dnnl_version_t *const version = dnnl_version();
  *major = version->major;
  *minor = version->minor;
  *patch = version->patch;
}

#if defined(__x86_64__)
// Sets are masks of what they contain, and newer ones than this knows contain those it does.
static int has(dnnl_cpu_isa_t set) { return (dnnl_get_effective_cpu_isa() & set) == set; }
#endif

const char *ndc_dnnl_instruction_set(void) {
#if defined(__x86_64__)
#if DNNL_VERSION_MAJOR >= 3
  if (has(dnnl_cpu_isa_avx512_core_amx_fp16)) return "AMX-FP16";
#endif
  if (has(dnnl_cpu_isa_avx512_core_amx)) return "AMX";
#if DNNL_VERSION_MAJOR >= 3
  if (has(dnnl_cpu_isa_avx512_core_fp16)) return "AVX-512-FP16";
#endif
  if (has(dnnl_cpu_isa_avx512_core_bf16)) return "AVX-512-BF16";
  if (has(dnnl_cpu_isa_avx512_core_vnni)) return "AVX-512-VNNI";
  if (has(dnnl_cpu_isa_avx512_core)) return "AVX-512";
  if (has(dnnl_cpu_isa_avx2_vnni)) return "AVX2-VNNI";
  if (has(dnnl_cpu_isa_avx2)) return "AVX2";
  if (has(dnnl_cpu_isa_avx)) return "AVX";
  if (has(dnnl_cpu_isa_sse41)) return "SSE4.1";
  return "generic";
#elif defined(__aarch64__)
  return "arm64";
#else
  return "generic";
#endif
}

#if defined(__x86_64__)
int32_t ndc_dnnl_has_bf16(void) { return has(dnnl_cpu_isa_avx512_core_bf16); }

int32_t ndc_dnnl_has_vnni(void) { return has(dnnl_cpu_isa_avx512_core_vnni) || has(dnnl_cpu_isa_avx2_vnni); }
#else
// Elsewhere the library does not say what it has, and its products of bytes never meet in 16 bits.
int32_t ndc_dnnl_has_bf16(void) { return 0; }

int32_t ndc_dnnl_has_vnni(void) { return 1; }
#endif
