#if defined(__x86_64__)

#include "kernels.h"

#include <immintrin.h>

#define CN_AVX2 __attribute__((target("avx2,fma")))
#define LOAD_POINT(address) _mm256_cvtps_pd(_mm_loadu_ps(address))

// Two queries by four points: eight accumulators hide the latency of the multiply-add.
CN_AVX2 static void dot_2x4(const double *queries, const float *points, size_t length, double *products,
                            size_t stride) {
  const double *query0 = queries, *query1 = queries + length;
  __m256d sums[2][4];
  for (int q = 0; q < 2; q++)
    for (int p = 0; p < 4; p++) sums[q][p] = _mm256_setzero_pd();
  size_t whole = length & ~(size_t)3;
  for (size_t d = 0; d < whole; d += 4) {
    __m256d x0 = _mm256_loadu_pd(query0 + d), x1 = _mm256_loadu_pd(query1 + d);
#pragma clang loop unroll(full)
    for (int p = 0; p < 4; p++) {
      __m256d y = LOAD_POINT(points + (size_t)p * length + d);
      sums[0][p] = _mm256_fmadd_pd(x0, y, sums[0][p]);
      sums[1][p] = _mm256_fmadd_pd(x1, y, sums[1][p]);
    }
  }
  for (size_t q = 0; q < 2; q++) {
    for (size_t p = 0; p < 4; p++) {
      double lanes[4];
      _mm256_storeu_pd(lanes, sums[q][p]);
      products[q * stride + p] = finish_dot(lanes, queries + q * length, points + p * length, whole, length);
    }
  }
}

CN_AVX2 static double dot_1x1(const double *query, const float *point, size_t length) {
  __m256d sum = _mm256_setzero_pd();
  size_t whole = length & ~(size_t)3;
  for (size_t d = 0; d < whole; d += 4) sum = _mm256_fmadd_pd(_mm256_loadu_pd(query + d), LOAD_POINT(point + d), sum);
  double lanes[4];
  _mm256_storeu_pd(lanes, sum);
  return finish_dot(lanes, query, point, whole, length);
}

CN_AVX2 static void dot_avx2(const double *queries, size_t query_count, const float *points, size_t point_count,
                             size_t length, double *products, size_t stride) {
  size_t p = 0;
  for (; p + 4 <= point_count; p += 4) {
    size_t q = 0;
    for (; q + 2 <= query_count; q += 2)
      dot_2x4(queries + q * length, points + p * length, length, products + q * stride + p, stride);
    for (; q < query_count; q++)
      for (size_t k = p; k < p + 4; k++)
        products[q * stride + k] = dot_1x1(queries + q * length, points + k * length, length);
  }
  for (; p < point_count; p++)
    for (size_t q = 0; q < query_count; q++)
      products[q * stride + p] = dot_1x1(queries + q * length, points + p * length, length);
}

// One query, eight values of the sum at a time, over all points: a sum is stored once per call.
CN_AVX2 static void add_weighted_avx2(const double *weights, size_t stride, size_t query_count, const float *points,
                                      size_t point_count, size_t length, double *sums) {
  size_t whole = length & ~(size_t)15;
  for (size_t q = 0; q < query_count; q++) {
    const double *weight = weights + q * stride;
    double *sum = sums + q * length;
    for (size_t first = 0; first < point_count;) {
      // Points without weight are passed over; near zero noise that is nearly all of them.
      while (first < point_count && weight[first] == 0) first++;
      size_t end = first;
      while (end < point_count && weight[end] != 0) end++;
      for (size_t d = 0; d < whole; d += 16) {
        __m256d total[4];
        for (int k = 0; k < 4; k++) total[k] = _mm256_loadu_pd(sum + d + 4 * k);
        for (size_t p = first; p < end; p++) {
          __m256d w = _mm256_broadcast_sd(weight + p);
          const float *point = points + p * length + d;
          for (int k = 0; k < 4; k++) total[k] = _mm256_fmadd_pd(w, LOAD_POINT(point + 4 * k), total[k]);
        }
        for (int k = 0; k < 4; k++) _mm256_storeu_pd(sum + d + 4 * k, total[k]);
      }
      for (size_t d = whole; d < length; d++)
        for (size_t p = first; p < end; p++) sum[d] = fma(weight[p], (double)points[p * length + d], sum[d]);
      first = end;
    }
  }
}

const cn_kernels cn_avx2 = {.dot = dot_avx2, .add_weighted = add_weighted_avx2};

#endif
