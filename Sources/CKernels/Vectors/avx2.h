// Eight lanes of AVX2 with FMA.
#pragma once

#include <immintrin.h>

#define LANES 8
#include "Vectors/types.h"

#define HAS_RECIPROCAL_ESTIMATE 1
static inline vf reciprocal_estimate(vf x) { return (vf)_mm256_rcp_ps((__m256)x); }

#define HAS_S16_PAIRS 1
static inline vi pair_sums_s16(vi b, vi a) { return (vi)_mm256_madd_epi16((__m256i)b, (__m256i)a); }
