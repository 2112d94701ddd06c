#include "CInstructionSets.h"

int32_t ndc_has_instructions(ndc_instruction_set set) {
  switch (set) {
    case NDC_PORTABLE: return 1;
#if defined(__x86_64__)
    case NDC_AVX2: return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    case NDC_AVX512_BF16:
      if (!__builtin_cpu_supports("avx512bf16") || !__builtin_cpu_supports("avx512vnni")) return 0;
      __attribute__((fallthrough));
    case NDC_AVX512:
      return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
             __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
#endif
    default: return 0;
  }
}

ndc_instruction_set ndc_best_instructions(void) {
  int set = NDC_INSTRUCTION_SETS - 1;
  while (!ndc_has_instructions((ndc_instruction_set)set)) set--;
  return (ndc_instruction_set)set;
}
