// What oneDNN 3 says in its own way: descriptions of memory are opaque, operations have no descriptors of their own, and
// scales and zero points are arguments of each run.
#pragma once

typedef dnnl_memory_desc_t description;
typedef const_dnnl_memory_desc_t const_description;

static void forget(description memory) {
  if (memory) dnnl_memory_desc_destroy(memory);
}

static dnnl_status_t describe_strided(
    description *memory, int count, const dnnl_dims_t dims, dnnl_data_type_t type, const dnnl_dims_t strides) {
  return dnnl_memory_desc_create_with_strides(memory, count, dims, type, strides);
}

static dnnl_status_t describe_tagged(
    description *memory, int count, const dnnl_dims_t dims, dnnl_data_type_t type, dnnl_format_tag_t tag) {
  return dnnl_memory_desc_create_with_tag(memory, count, dims, type, tag);
}

static dnnl_status_t copy_description(description *memory, const_description from) {
  return dnnl_memory_desc_clone(memory, from);
}

static dnnl_status_t append_sum(dnnl_post_ops_t post_ops, float scale) {
  return dnnl_post_ops_append_sum(post_ops, scale, 0, dnnl_data_type_undef);
}

static dnnl_status_t find_convolution(
    dnnl_primitive_desc_t *found, const_description source, const_description weights, const_description bias,
    const_description destination, const dnnl_dims_t strides, const dnnl_dims_t before, const dnnl_dims_t after,
    const_dnnl_primitive_attr_t attributes, dnnl_engine_t engine) {
  const dnnl_dims_t undilated = {0, 0};
  return dnnl_convolution_forward_primitive_desc_create(
      found, engine, dnnl_forward_inference, dnnl_convolution_direct, source, weights, bias, destination, strides,
      undilated, before, after, attributes);
}

static dnnl_status_t find_product(
    dnnl_primitive_desc_t *found, const_description source, const_description weights, const_description bias,
    const_description destination, const_dnnl_primitive_attr_t attributes, dnnl_engine_t engine) {
  return dnnl_matmul_primitive_desc_create(found, engine, source, weights, bias, destination, attributes);
}

// What a product is multiplied by: the same multiplication of its sum as output scales were, without an argument.
static dnnl_status_t set_scale(dnnl_primitive_attr_t attributes, float scale) {
  dnnl_post_ops_t post_ops = NULL;
  dnnl_status_t status = dnnl_post_ops_create(&post_ops);
  if (status == dnnl_success) status = dnnl_post_ops_append_eltwise(post_ops, dnnl_eltwise_linear, scale, 0);
  if (status == dnnl_success) status = dnnl_primitive_attr_set_post_ops(attributes, post_ops);
  if (post_ops) dnnl_post_ops_destroy(post_ops);
  return status;
}

// scales[o]·Σ (source − zero_point)·weights + bias[o]: the bias is in units of the destination.
enum { SCALES_REACH_BIAS = 0 };

static dnnl_status_t set_quantization(
    dnnl_primitive_attr_t attributes, int64_t output_channels, const float *scales, const int32_t *zero_point) {
  (void)output_channels;
  (void)scales;
  (void)zero_point;
  // Bit 0: a scale per output channel, of the weights' dimensions.
  const dnnl_status_t status = dnnl_primitive_attr_set_scales_mask(attributes, DNNL_ARG_WEIGHTS, 1 << 0);
  if (status != dnnl_success) return status;
  return dnnl_primitive_attr_set_zero_points_mask(attributes, DNNL_ARG_SRC, 0);
}

enum {
  SCALES_ARE_ARGUMENTS = 1,
  SCALES_ARGUMENT = DNNL_ARG_ATTR_SCALES | DNNL_ARG_WEIGHTS,
  ZERO_POINT_ARGUMENT = DNNL_ARG_ATTR_ZERO_POINTS | DNNL_ARG_SRC,
};
