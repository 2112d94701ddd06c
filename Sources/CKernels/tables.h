// The table of every instruction set that is built.
#pragma once

#include "CKernels.h"

extern const ndc_kernel_table ndc_portable_kernels;
#if defined(__x86_64__)
extern const ndc_kernel_table ndc_avx2_kernels, ndc_avx512_kernels, ndc_avx512_bf16_kernels;
#elif defined(__aarch64__)
extern const ndc_kernel_table ndc_neon_kernels, ndc_neon_dot_kernels, ndc_neon_bf16_kernels;
#endif
