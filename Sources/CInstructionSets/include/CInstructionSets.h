// Sets of instructions that kernels are built for, and which of them this machine has: the one place that asks it.
#pragma once

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// From the narrowest to the widest.
typedef enum {
  NDC_PORTABLE = 0,     // what every processor of the architecture has
  NDC_AVX2 = 1,         // and FMA
  NDC_AVX512 = 2,       // F, BW, VL and DQ
  NDC_AVX512_BF16 = 3,  // and BF16 and VNNI
} ndc_instruction_set;
enum { NDC_INSTRUCTION_SETS = 4 };

// Whether this machine runs a set's code.
int32_t ndc_has_instructions(ndc_instruction_set set);
// The widest set it runs.
ndc_instruction_set ndc_best_instructions(void);

#ifdef __cplusplus
}
#endif
