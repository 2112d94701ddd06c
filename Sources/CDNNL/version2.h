// What oneDNN 2 says in its own way: memory is described by values, operations by descriptors of their own, and scales are
// constants of a primitive.
#pragma once

typedef dnnl_memory_desc_t *description;
typedef const dnnl_memory_desc_t *const_description;

static void forget(description memory) { free(memory); }

static dnnl_status_t described(description *memory, dnnl_status_t status) {
  if (status == dnnl_success) return status;
  forget(*memory);
  *memory = NULL;
  return status;
}

static dnnl_status_t describe_strided(
    description *memory, int count, const dnnl_dims_t dims, dnnl_data_type_t type, const dnnl_dims_t strides) {
  if (!(*memory = malloc(sizeof **memory))) return dnnl_out_of_memory;
  return described(memory, dnnl_memory_desc_init_by_strides(*memory, count, dims, type, strides));
}

static dnnl_status_t describe_tagged(
    description *memory, int count, const dnnl_dims_t dims, dnnl_data_type_t type, dnnl_format_tag_t tag) {
  if (!(*memory = malloc(sizeof **memory))) return dnnl_out_of_memory;
  return described(memory, dnnl_memory_desc_init_by_tag(*memory, count, dims, type, tag));
}

static dnnl_status_t copy_description(description *memory, const_description from) {
  if (!(*memory = malloc(sizeof **memory))) return dnnl_out_of_memory;
  **memory = *from;
  return dnnl_success;
}

static dnnl_status_t append_sum(dnnl_post_ops_t post_ops, float scale) {
  return dnnl_post_ops_append_sum(post_ops, scale);
}

static dnnl_status_t find_convolution(
    dnnl_primitive_desc_t *found, const_description source, const_description weights, const_description bias,
    const_description destination, const dnnl_dims_t strides, const dnnl_dims_t before, const dnnl_dims_t after,
    const_dnnl_primitive_attr_t attributes, dnnl_engine_t engine) {
  dnnl_convolution_desc_t convolution;
  const dnnl_status_t status = dnnl_convolution_forward_desc_init(
      &convolution, dnnl_forward_inference, dnnl_convolution_direct, source, weights, bias, destination, strides, before,
      after);
  if (status != dnnl_success) return status;
  return dnnl_primitive_desc_create(found, &convolution, attributes, engine, NULL);
}

static dnnl_status_t find_product(
    dnnl_primitive_desc_t *found, const_description source, const_description weights, const_description bias,
    const_description destination, const_dnnl_primitive_attr_t attributes, dnnl_engine_t engine) {
  dnnl_matmul_desc_t product;
  const dnnl_status_t status = dnnl_matmul_desc_init(&product, source, weights, bias, destination);
  if (status != dnnl_success) return status;
  return dnnl_primitive_desc_create(found, &product, attributes, engine, NULL);
}

// What a product is multiplied by.
static dnnl_status_t set_scale(dnnl_primitive_attr_t attributes, float scale) {
  return dnnl_primitive_attr_set_output_scales(attributes, 1, 0, &scale);
}

// scales[o]·(Σ (source − zero_point)·weights + bias[o]): the bias is in units of the sum.
enum { SCALES_REACH_BIAS = 1 };

static dnnl_status_t set_quantization(
    dnnl_primitive_attr_t attributes, int64_t output_channels, const float *scales, const int32_t *zero_point) {
  // Bit 1: a scale per output channel, of the destination's dimensions.
  const dnnl_status_t status = dnnl_primitive_attr_set_output_scales(attributes, output_channels, 1 << 1, scales);
  if (status != dnnl_success) return status;
  return dnnl_primitive_attr_set_zero_points(attributes, DNNL_ARG_SRC, 1, 0, zero_point);
}

// Both are in the attributes already.
enum { SCALES_ARE_ARGUMENTS = 0, SCALES_ARGUMENT = 0, ZERO_POINT_ARGUMENT = 0 };
