#include "Kernels/common.h"

#include "Vectors/portable.h"
#define TABLE ndc_portable_kernels
#define TABLE_NAME "portable"
#include "Kernels/table.inc"
