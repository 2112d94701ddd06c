// What every instruction set brings, and what their kernels share.
#pragma once

#include "CNearest.h"

#include <math.h>

typedef struct {
  void (*dot)(
      const double *queries, size_t query_count, const float *points, size_t point_count, size_t length,
      double *products, size_t stride);
  void (*add_weighted)(
      const double *weights, size_t stride, size_t query_count, const float *points, size_t point_count, size_t length,
      double *sums);
} cn_kernels;

extern const cn_kernels cn_portable;
#if defined(__x86_64__)
extern const cn_kernels cn_avx2;
#endif

// Four partial sums, by d mod 4, then the tail: the order of every kernel.
static inline double finish_dot(
    const double lanes[4], const double *query, const float *point, size_t whole, size_t length) {
  double total = (lanes[0] + lanes[2]) + (lanes[1] + lanes[3]);
  for (size_t d = whole; d < length; d++) total = fma(query[d], (double)point[d], total);
  return total;
}
