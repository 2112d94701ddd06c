// The analytic denoiser's products: the same bits in every set and on every machine where the queries hold floats.
#include "check.h"

#include <CNearest.h>
#include <math.h>
#include <stdlib.h>

static void check(ndc_instruction_set set, size_t queries, size_t points, size_t length) {
  generator random = {length};
  float *const x = take_values(&random, (int64_t)(points * length), 0), *const q = take_values(
                                                                            &random, (int64_t)(queries * length), 0);
  double *const wide = take(queries * length * 8), *const products = take(queries * points * 8);
  double *const weights = take(queries * points * 8), *const sums = take(queries * length * 8);
  for (size_t i = 0; i < queries * length; i++) {
    wide[i] = q[i];
    sums[i] = (double)(i % 5);
  }
  for (size_t i = 0; i < queries * points; i++) weights[i] = i % 3 ? next_value(&random) : 0;
  cn_dot(set, wide, queries, x, points, length, products, points);
  cn_add_weighted(set, weights, points, queries, x, points, length, sums);
  for (size_t i = 0; i < queries; i++) {
    for (size_t p = 0; p < points; p++) {
      double sum = 0, distance = 0;
      for (size_t d = 0; d < length; d++) {
        sum += wide[i * length + d] * (double)x[p * length + d];
        distance += pow(wide[i * length + d] - (double)x[p * length + d], 2);
      }
      EXPECT_CLOSE(products[i * points + p], sum, 1e-12 * (double)length, "%s dot product", set_name(set));
      EXPECT_CLOSE(
          cn_squared_distance(wide + i * length, x + p * length, length), distance, 1e-12 * (double)length,
          "squared distance");
    }
    for (size_t d = 0; d < length; d++) {
      double sum = (double)((i * length + d) % 5);
      for (size_t p = 0; p < points; p++) sum += weights[i * points + p] * (double)x[p * length + d];
      EXPECT_CLOSE(sums[i * length + d], sum, 1e-12 * (double)points, "%s weighted sum", set_name(set));
    }
  }
  if (set == NDC_PORTABLE) print_digest(describe("dot-%d", (int)length), products, queries * points * 8);
  free(x);
  free(q);
  free(wide);
  free(products);
  free(weights);
  free(sums);
}

void check_nearest(ndc_instruction_set set) {
  check(set, 3, 9, 784);
  check(set, 2, 4, 17);
  check(set, 1, 1, 3);
}
