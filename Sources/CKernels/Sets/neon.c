#if defined(__aarch64__)
#include "Kernels/common.h"

#include <arm_neon.h>

#include "Vectors/neon.h"
#define TABLE ndc_neon_kernels
#define TABLE_NAME "NEON"
#include "Kernels/table.inc"
#endif
