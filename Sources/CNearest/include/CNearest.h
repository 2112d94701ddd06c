#pragma once

#include <CInstructionSets.h>
#include <stddef.h>

// Products of float points with double vectors, the inner loops of the analytic denoiser. Everything is row-major.
//
// A result depends only on its own row of `queries` or `weights` and on the points, never on how many rows a call
// carries. Dot products are the same bit for bit on every instruction set as long as the queries hold floats: a product
// of two floats is exact in double, so a fused multiply-add rounds as the separate operations do.
//
// `set` is one that the machine has; the kernels are the widest that the set can run.

#ifdef __cplusplus
extern "C" {
#endif

/// products[q * stride + p] = sum over d of queries[q * length + d] * points[p * length + d].
void cn_dot(
    ndc_instruction_set set, const double *queries, size_t query_count, const float *points, size_t point_count,
    size_t length, double *products, size_t stride);

/// sums[q * length + d] += sum over p, in order, of weights[q * stride + p] * points[p * length + d].
void cn_add_weighted(
    ndc_instruction_set set, const double *weights, size_t stride, size_t query_count, const float *points,
    size_t point_count, size_t length, double *sums);

/// The sum over d of (query[d] - point[d])^2: no cancellation, however close the two are.
double cn_squared_distance(const double *query, const float *point, size_t length);

#ifdef __cplusplus
}
#endif
