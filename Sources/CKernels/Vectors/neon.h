// Eight lanes of NEON, as two of its vectors: a product's sums, its operands and what repeats fill 32 registers.
#pragma once

#include <arm_neon.h>

#define LANES 8
#include "Vectors/types.h"

// Halves of a vector as the intrinsics take them.
static inline float32x4_t low_f32(vf x) { return (float32x4_t)x.lo; }
static inline float32x4_t high_f32(vf x) { return (float32x4_t)x.hi; }

static inline vf joined_f32(float32x4_t low, float32x4_t high) {
  vf x;
  __builtin_memcpy(&x, &low, sizeof low);
  __builtin_memcpy((char *)&x + sizeof low, &high, sizeof high);
  return x;
}

// 8 bits from the table, 16 by a step of Newton's.
static inline float32x4_t estimate(float32x4_t x) {
  const float32x4_t r = vrecpeq_f32(x);
  return vmulq_f32(r, vrecpsq_f32(x, r));
}

#define HAS_RECIPROCAL_ESTIMATE 1
static inline vf reciprocal_estimate(vf x) { return joined_f32(estimate(low_f32(x)), estimate(high_f32(x))); }
#define RECIPROCAL_IS_FULL 1

#define HAS_ROUNDING 1
static inline vf round_to_integer(vf x) { return joined_f32(vrndnq_f32(low_f32(x)), vrndnq_f32(high_f32(x))); }

#define HAS_TOTAL 1
static inline float lane_total(vf x) { return vaddvq_f32(vaddq_f32(low_f32(x), high_f32(x))); }

// The number where the other is NaN.
static inline uint16x4_t rounded(float32x4_t x, float top) {
  const float32x4_t positive = vmaxnmq_f32(x, vdupq_n_f32(0));
  return vmovn_u32(vcvtnq_u32_f32(vminnmq_f32(positive, vdupq_n_f32(top))));
}

#define HAS_BYTE_ROUNDING 1
static inline void store_rounded_u8(uint8_t *p, vf x, float top) {
  vst1_u8(p, vmovn_u16(vcombine_u16(rounded(low_f32(x), top), rounded(high_f32(x), top))));
}

// Σ of neighbouring products of four pairs.
static inline int32x4_t four_pairs(int16x8_t b, int16x8_t a) {
  return vpaddq_s32(vmull_s16(vget_low_s16(b), vget_low_s16(a)), vmull_high_s16(b, a));
}

#define HAS_S16_PAIRS 1
static inline vi pair_sums_s16(vi b, vi a) {
  const int32x4_t sums[2] = {
      four_pairs((int16x8_t)b.lo, (int16x8_t)a.lo), four_pairs((int16x8_t)b.hi, (int16x8_t)a.hi)};
  vi both;
  __builtin_memcpy(&both, sums, sizeof both);
  return both;
}
