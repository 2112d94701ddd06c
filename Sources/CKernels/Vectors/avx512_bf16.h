// AVX-512 with BF16 and VNNI.
#pragma once

#include "Vectors/avx512.h"

#define HAS_BF16_ROUNDING 1
static inline vh round_to_bf16(vf x) { return (vh)_mm512_cvtneps_pbh((__m512)x); }

#define HAS_BF16_DOT 1
static inline vf dot_bf16(vf sums, vf b, vf a) {
  return (vf)_mm512_dpbf16_ps((__m512)sums, (__m512bh)b, (__m512bh)a);
}

#define HAS_S16_DOT 1
static inline vi dot_s16(vi sums, vi b, vi a) {
  // Compilers take the intrinsic apart into two instructions.
  __asm__("vpdpwssd %2, %1, %0" : "+v"(sums) : "v"(b), "v"(a));
  return sums;
}
