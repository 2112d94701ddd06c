// NEON with dot products of bytes.
#pragma once

#include "Vectors/neon.h"

#define HAS_BYTE_DOT 1
static inline vi dot_s8(vi sums, vi b, vi a) {
  const int32x4_t both[2] = {
      vdotq_s32((int32x4_t)sums.lo, (int8x16_t)b.lo, (int8x16_t)a.lo),
      vdotq_s32((int32x4_t)sums.hi, (int8x16_t)b.hi, (int8x16_t)a.hi)};
  vi result;
  __builtin_memcpy(&result, both, sizeof result);
  return result;
}
