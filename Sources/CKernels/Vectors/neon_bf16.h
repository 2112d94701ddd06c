// NEON with dot products of bytes and of bfloat16.
#pragma once

#include "Vectors/neon_dot.h"

#define HAS_BF16_ROUNDING 1
static inline vh round_to_bf16(vf x) {
  const bfloat16x8_t both = vcvtq_high_bf16_f32(vcvtq_low_bf16_f32(low_f32(x)), high_f32(x));
  return (vh)both;
}

#define HAS_BF16_DOT 1
static inline vf dot_bf16(vf sums, vf b, vf a) {
  return joined_f32(
      vbfdotq_f32(low_f32(sums), (bfloat16x8_t)b.lo, (bfloat16x8_t)a.lo),
      vbfdotq_f32(high_f32(sums), (bfloat16x8_t)b.hi, (bfloat16x8_t)a.hi));
}
