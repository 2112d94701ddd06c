#include "CInstructionSets.h"

#if defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>

// Bits of the auxiliary vector, which older headers lack (Linux, asm/hwcap.h).
enum { HAS_DOT_PRODUCTS = 1 << 20, HAS_BF16 = 1 << 14 };

static int has_dot_products(void) { return (getauxval(AT_HWCAP) & HAS_DOT_PRODUCTS) != 0; }
static int has_bf16(void) { return (getauxval(AT_HWCAP2) & HAS_BF16) != 0; }
#elif defined(__aarch64__) && defined(__APPLE__)
#include <sys/sysctl.h>

static int has_feature(const char *name) {
  int value = 0;
  size_t size = sizeof value;
  return sysctlbyname(name, &value, &size, 0, 0) == 0 && value != 0;
}

static int has_dot_products(void) { return has_feature("hw.optional.arm.FEAT_DotProd"); }
static int has_bf16(void) { return has_feature("hw.optional.arm.FEAT_BF16"); }
#elif defined(__aarch64__)
static int has_dot_products(void) { return 0; }
static int has_bf16(void) { return 0; }
#endif

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
#elif defined(__aarch64__)
    case NDC_NEON: return 1;
    case NDC_NEON_DOT: return has_dot_products();
    case NDC_NEON_BF16: return has_dot_products() && has_bf16();
#endif
    default: return 0;
  }
}

ndc_instruction_set ndc_best_instructions(void) {
  int set = NDC_INSTRUCTION_SETS - 1;
  while (!ndc_has_instructions((ndc_instruction_set)set)) set--;
  return (ndc_instruction_set)set;
}
