#include "kernels.h"

double cn_squared_distance(const double *query, const float *point, size_t length) {
  double lanes[4] = {0, 0, 0, 0};
  size_t whole = length & ~(size_t)3;
  for (size_t d = 0; d < whole; d += 4) {
    for (size_t lane = 0; lane < 4; lane++) {
      double difference = query[d + lane] - (double)point[d + lane];
      lanes[lane] += difference * difference;
    }
  }
  double total = (lanes[0] + lanes[2]) + (lanes[1] + lanes[3]);
  for (size_t d = whole; d < length; d++) {
    double difference = query[d] - (double)point[d];
    total += difference * difference;
  }
  return total;
}

static void dot_portable(const double *queries, size_t query_count, const float *points, size_t point_count,
                         size_t length, double *products, size_t stride) {
  size_t whole = length & ~(size_t)3;
  for (size_t p = 0; p < point_count; p++) {
    const float *point = points + p * length;
    for (size_t q = 0; q < query_count; q++) {
      const double *query = queries + q * length;
      double lanes[4] = {0, 0, 0, 0};
      for (size_t d = 0; d < whole; d += 4) {
        for (size_t lane = 0; lane < 4; lane++) lanes[lane] += query[d + lane] * (double)point[d + lane];
      }
      products[q * stride + p] = finish_dot(lanes, query, point, whole, length);
    }
  }
}

static void add_weighted_portable(const double *weights, size_t stride, size_t query_count, const float *points,
                                  size_t point_count, size_t length, double *sums) {
  for (size_t q = 0; q < query_count; q++) {
    double *sum = sums + q * length;
    for (size_t p = 0; p < point_count; p++) {
      double weight = weights[q * stride + p];
      if (weight == 0) continue;
      const float *point = points + p * length;
      for (size_t d = 0; d < length; d++) sum[d] += weight * (double)point[d];
    }
  }
}

const cn_kernels cn_portable = {.dot = dot_portable, .add_weighted = add_weighted_portable};
