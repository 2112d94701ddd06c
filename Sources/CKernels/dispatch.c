#include "tables.h"

static const ndc_kernel_table *const tables[NDC_INSTRUCTION_SETS] = {
    [NDC_PORTABLE] = &ndc_portable_kernels,
#if defined(__x86_64__)
    [NDC_AVX2] = &ndc_avx2_kernels,
    [NDC_AVX512] = &ndc_avx512_kernels,
    [NDC_AVX512_BF16] = &ndc_avx512_bf16_kernels,
#elif defined(__aarch64__)
    [NDC_NEON] = &ndc_neon_kernels,
    [NDC_NEON_DOT] = &ndc_neon_dot_kernels,
    [NDC_NEON_BF16] = &ndc_neon_bf16_kernels,
#endif
};

const ndc_kernel_table *ndc_kernels(ndc_instruction_set set) { return ndc_has_instructions(set) ? tables[set] : 0; }
