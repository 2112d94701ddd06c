// Sixteen lanes of AVX-512 F, BW, VL and DQ.
#pragma once

#include <immintrin.h>

#define LANES 16
#include "Vectors/types.h"

#define HAS_RECIPROCAL_ESTIMATE 1
static inline vf reciprocal_estimate(vf x) { return (vf)_mm512_rcp14_ps((__m512)x); }
#define RECIPROCAL_IS_FULL 1

#define HAS_ROUNDING 1
static inline vf round_to_integer(vf x) {
  return (vf)_mm512_roundscale_ps((__m512)x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}

#define HAS_POWER_SCALING 1
static inline vf times_power(vf p, vf n) { return (vf)_mm512_scalef_ps((__m512)p, (__m512)n); }

#define HAS_TOTAL 1
static inline float lane_total(vf x) { return _mm512_reduce_add_ps((__m512)x); }

#define HAS_BYTE_ROUNDING 1
static inline void store_rounded_u8(uint8_t *p, vf x, float top) {
  // The second operand where the first is NaN.
  const __m512 positive = _mm512_max_ps((__m512)x, _mm512_setzero_ps());
  const __m512 clamped = _mm512_min_ps(positive, _mm512_set1_ps(top));
  _mm_storeu_si128((__m128i *)p, _mm512_cvtusepi32_epi8(_mm512_cvtps_epu32(clamped)));
}

#define HAS_S16_PAIRS 1
static inline vi pair_sums_s16(vi b, vi a) { return (vi)_mm512_madd_epi16((__m512i)b, (__m512i)a); }
