// Sets of instructions that kernels are built for, and which of them this machine has: the one place that asks it.
#pragma once

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// Of each architecture, from the narrowest to the widest.
typedef enum {
  NDC_PORTABLE = 0,     // what every processor of the architecture has
  NDC_AVX2 = 1,         // and FMA
  NDC_AVX512 = 2,       // F, BW, VL and DQ
  NDC_AVX512_BF16 = 3,  // and BF16 and VNNI
  NDC_NEON = 4,         // what every arm64 processor has
  NDC_NEON_DOT = 5,     // and dot products of bytes
  NDC_NEON_BF16 = 6,    // and of bfloat16
} ndc_instruction_set;
enum { NDC_INSTRUCTION_SETS = 7 };

// Whether this machine runs a set's code.
int32_t ndc_has_instructions(ndc_instruction_set set);
// The widest set it runs.
ndc_instruction_set ndc_best_instructions(void);

#ifdef __cplusplus
}
#endif
