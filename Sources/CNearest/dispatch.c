#include "kernels.h"

// A set without kernels of its own runs the next narrower one's.
static const cn_kernels *const kernels[NDC_INSTRUCTION_SETS] = {
    [NDC_PORTABLE] = &cn_portable,
#if defined(__x86_64__)
    [NDC_AVX2] = &cn_avx2,
#endif
};

static const cn_kernels *kernels_of(ndc_instruction_set set) {
  int own = (int)set;
  while (!kernels[own]) own--;
  return kernels[own];
}

void cn_dot(
    ndc_instruction_set set, const double *queries, size_t query_count, const float *points, size_t point_count,
    size_t length, double *products, size_t stride) {
  kernels_of(set)->dot(queries, query_count, points, point_count, length, products, stride);
}

void cn_add_weighted(
    ndc_instruction_set set, const double *weights, size_t stride, size_t query_count, const float *points,
    size_t point_count, size_t length, double *sums) {
  kernels_of(set)->add_weighted(weights, stride, query_count, points, point_count, length, sums);
}
