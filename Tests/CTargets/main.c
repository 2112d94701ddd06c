// Known answers of every C target: check [sets] [PICTURES]. Without arguments, kernels alone.
//   sets: prints the sets of instructions this machine runs, the best last, and ends.
//   PICTURES: a folder of pictures, for the targets over libraries too.
#include "check.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int failed;

int failures(void) { return failed; }

void fail(const char *format, ...) {
  if (failed++ >= 20) return;
  va_list arguments;
  va_start(arguments, format);
  vfprintf(stderr, format, arguments);
  va_end(arguments);
  fputc('\n', stderr);
}

const char *describe(const char *format, ...) {
  static char text[256];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  return text;
}

void print_digest(const char *name, const void *bytes, size_t size) {
  uint64_t hash = 0xcbf29ce484222325u;
  for (size_t i = 0; i < size; i++) hash = (hash ^ ((const uint8_t *)bytes)[i]) * 0x100000001b3u;
  printf("%s %016llx\n", name, (unsigned long long)hash);
}

// Steele, Lea and Flood's SplitMix64.
static uint64_t next_bits(generator *g) {
  uint64_t z = g->state += 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

float next_value(generator *g) { return (float)(int32_t)(next_bits(g) >> 40) * 0x1p-23f - 1; }

uint32_t next_below(generator *g, uint32_t limit) { return (uint32_t)((next_bits(g) >> 32) * limit >> 32); }

void *take(size_t size) {
  void *const memory = malloc(size ? size : 1);
  if (!memory) abort();
  return memset(memory, 0xff, size);
}

float *take_values(generator *g, int64_t count, float offset) {
  float *const values = take((size_t)count * sizeof(float));
  for (int64_t i = 0; i < count; i++) values[i] = offset + next_value(g);
  return values;
}

double silu_of(double x) { return x / (1 + exp(-x)); }

const char *set_name(ndc_instruction_set set) {
  static const char *const names[NDC_INSTRUCTION_SETS] = {[NDC_PORTABLE] = "portable", [NDC_AVX2] = "avx2",
                                                          [NDC_AVX512] = "avx512",     [NDC_AVX512_BF16] = "avx512bf16",
                                                          [NDC_NEON] = "neon",         [NDC_NEON_DOT] = "neondot",
                                                          [NDC_NEON_BF16] = "neonbf16"};
  return names[set];
}

int main(int count, char **arguments) {
  const int lists_sets = count > 1 && strcmp(arguments[1], "sets") == 0;
  for (int i = 0; i < NDC_INSTRUCTION_SETS; i++) {
    const ndc_instruction_set set = (ndc_instruction_set)i;
    if (!ndc_has_instructions(set)) continue;
    if (lists_sets) {
      printf("%s\n", set_name(set));
      continue;
    }
    check_group_norm(set);
    check_elementwise(set);
    check_convolutions(set);
    check_magnitude(set);
    check_nearest(set);
    fprintf(stderr, "%s kernels: %d failures so far\n", set_name(set), failed);
  }
#ifdef WITH_LIBRARIES
  if (count > 1 && !lists_sets) {
    check_mappings();
    check_pictures(arguments[1]);
    check_statistics();
    check_onednn();
    fprintf(stderr, "targets over libraries: %d failures so far\n", failed);
  }
#endif
  return failed ? 1 : 0;
}
