// Arithmetic of vectors, in terms of types.h and of what the instruction set in force does better:
//
//   HAS_RECIPROCAL_ESTIMATE  reciprocal_estimate(x): 1/x, which one step of Newton's makes good to some 22 bits or more
//   RECIPROCAL_IS_FULL       that step is as good as a division
//   HAS_ROUNDING             round_to_integer(x)
//   HAS_POWER_SCALING        times_power(p, n): 2ⁿ·p, n integers
//   HAS_TOTAL                lane_total(x): the sum of the lanes
//   HAS_BYTE_ROUNDING        store_rounded_u8(p, x, top): x clamped to 0 … top and rounded, as bytes; NaN as 0
//   HAS_BF16_ROUNDING        round_to_bf16(x)
//   HAS_BF16_DOT             dot_bf16(sums, b, a): sums + Σ of the two products of bfloat16 halves in each lane
//   HAS_S16_PAIRS            pair_sums_s16(b, a): Σ of the two products of 16-bit halves in each lane
//   HAS_S16_DOT              dot_s16(sums, b, a): the same added to `sums`
//   HAS_BYTE_DOT             dot_s8(sums, b, a): sums + Σ of the four products of signed bytes in each lane
#pragma once

#include "Vectors/types.h"

static inline vf load_f32(const float *p) {
  vf v;
  __builtin_memcpy(&v, p, sizeof v);
  return v;
}

// Pairs of halves, one in each lane.
static inline vf load_bits(const void *p) {
  vf v;
  __builtin_memcpy(&v, p, sizeof v);
  return v;
}

static inline void store_f32(float *p, vf v) { __builtin_memcpy(p, &v, sizeof v); }

static inline vf load_bf16(const uint16_t *p) {
  vh h;
  __builtin_memcpy(&h, p, sizeof h);
  const vu u = __builtin_convertvector(h, vu) << 16;
  vf v;
  __builtin_memcpy(&v, &u, sizeof v);
  return v;
}

// Round to nearest even; a NaN keeps its top bits and stays a NaN because the rounding cannot carry out of a quiet one.
static inline void store_bf16(uint16_t *p, vf v) {
#if HAS_BF16_ROUNDING
  const vh h = round_to_bf16(v);
#else
  vu u;
  __builtin_memcpy(&u, &v, sizeof u);
  const vu rounded = (u + 0x7fff + ((u >> 16) & 1)) >> 16;
  const vu quiet = (u >> 16) | 0x40;
  const vi is_nan = v != v;
  const vh h = __builtin_convertvector(((vu)is_nan & quiet) | (~(vu)is_nan & rounded), vh);
#endif
  __builtin_memcpy(p, &h, sizeof h);
}

// eˣ to about 2 ulp: x = n·ln 2 + f, Taylor series of degree 7 on |f| ≤ ln 2 / 2 (Cody and Waite's two-part ln 2).
static inline vf exponential(vf x) {
  // The clamps keep 2ⁿ a normal number; a NaN passes both because comparisons with it are false.
  x = x > 88.0f ? (vf)88.0f : x;
  x = x < -87.0f ? (vf)-87.0f : x;
  // Adding 1.5·2²³ rounds to an integer on every instruction set.
  const vf n = (x * 1.44269504f + 12582912.0f) - 12582912.0f;
  vf f = x - n * 0.693359375f;
  f = f - n * -2.12194440e-4f;
  vf p = f * 1.9841270e-4f + 1.3888889e-3f;
  p = p * f + 8.3333333e-3f;
  p = p * f + 4.1666667e-2f;
  p = p * f + 1.6666667e-1f;
  p = p * f + 0.5f;
  p = p * f + 1.0f;
  p = p * f + 1.0f;
  const vi bits = (__builtin_convertvector(n, vi) + 127) << 23;
  vf scale;
  __builtin_memcpy(&scale, &bits, sizeof scale);
  return p * scale;
}

// 1/d to about 1e-6; d finite.
static inline vf reciprocal(vf d) {
#if HAS_RECIPROCAL_ESTIMATE
  const vf r = reciprocal_estimate(d);
  return r * (2.0f - d * r);
#else
  return 1.0f / d;
#endif
}

static inline vf silu_vector(vf x) {
  const vf d = 1.0f + exponential(-x);
#if RECIPROCAL_IS_FULL
  return x * reciprocal(d);
#else
  return x / d;
#endif
}

// silu(x) to about 1e-5 of its value, for results that are rounded to 8 bits or fewer: a polynomial of degree 4 for
// 2ᶠ on |f| ≤ ½ (least squares at Chebyshev's points, exact at 0: off by 4e-6 at most).
static inline vf silu_short(vf x) {
  vf t = x * -1.44269504f;
  // Keeps 2ᵗ finite; a NaN passes.
  t = t > 126.0f ? (vf)126.0f : t;
#if HAS_ROUNDING
  const vf n = round_to_integer(t);
#else
  t = t < -126.0f ? (vf)-126.0f : t;
  const vf n = (t + 12582912.0f) - 12582912.0f;
#endif
  const vf f = t - n;
  vf p = f * 9.67217e-3f + 5.592204e-2f;
  p = p * f + 2.4022228e-1f;
  p = p * f + 6.9312103e-1f;
  p = p * f + 1.0f;
#if HAS_POWER_SCALING
  const vf e = times_power(p, n);
#else
  const vi bits = (__builtin_convertvector(n, vi) + 127) << 23;
  vf scale;
  __builtin_memcpy(&scale, &bits, sizeof scale);
  const vf e = p * scale;
#endif
  return x * reciprocal(1.0f + e);
}

static inline float silu_scalar(float x) {
  const vf v = silu_vector((vf)x);
  return v[0];
}

// clamp(round(v·inverse + zero), 0, top), ties to even, in the vector's lanes; NaN gives 0.
static inline vi quantized(vf v, float inverse, float zero, float top) {
  // Two statements, which no compiler fuses: every instruction set rounds alike.
  vf q = v * inverse;
  q = q + zero;
  q = q > 0.0f ? q : (vf)0.0f;
  q = q < top ? q : (vf)top;
  // Adding 1.5·2²³ rounds to an integer and leaves it in the low bits.
  q = q + 12582912.0f;
  vi bits;
  __builtin_memcpy(&bits, &q, sizeof bits);
  return bits & 0xff;
}

static inline float total(vf v) {
#if HAS_TOTAL
  return lane_total(v);
#else
  float sum = 0;
  for (int i = 0; i < LANES; i++) sum += v[i];
  return sum;
#endif
}

static inline void store_u8(uint8_t *p, vi v) {
  const vb b = __builtin_convertvector(v, vb);
  __builtin_memcpy(p, &b, sizeof b);
}

// The bytes of a normalisation, whose rounding may differ between instruction sets as all of it does.
static inline void store_quantized(uint8_t *p, vf v, float inverse, float zero, float top) {
#if HAS_BYTE_ROUNDING
  const vf q = v * inverse + zero;
  store_rounded_u8(p, q, top);
#else
  store_u8(p, quantized(v, inverse, zero, top));
#endif
}

static inline vs2 load_u8(const uint8_t *p) {
  vb2 b;
  __builtin_memcpy(&b, p, sizeof b);
  return __builtin_convertvector(b, vs2);
}

static inline void store_s16(int16_t *p, vs2 v) { __builtin_memcpy(p, &v, sizeof v); }

// sums + Σ of the two products of 16-bit halves in each lane.
static inline vi add_pairs(vi sums, vi b, vi a) {
#if HAS_S16_DOT
  return dot_s16(sums, b, a);
#elif HAS_S16_PAIRS
  return sums + pair_sums_s16(b, a);
#else
  return sums + ((b << 16) >> 16) * ((a << 16) >> 16) + (b >> 16) * (a >> 16);
#endif
}
