// What the checks of the C targets share. Results that are the same bits on every machine go to stdout, where the
// caller compares machines; what is wrong goes to stderr.
#pragma once

#include <CInstructionSets.h>
#include <stddef.h>
#include <stdint.h>

// Notes a failure, and prints it where few went before.
void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
int failures(void);

// Says whether |found − expected| ≤ allowed; NaN is not close to anything.
#define EXPECT_CLOSE(found, expected, allowed, ...)                              \
  do {                                                                           \
    const double found_ = (found), expected_ = (expected);                       \
    if (!(found_ - expected_ <= (allowed) && expected_ - found_ <= (allowed))) { \
      fail("%s: %.9g, not %.9g", describe(__VA_ARGS__), found_, expected_);      \
    }                                                                            \
  } while (0)

#define EXPECT(condition, ...)                                           \
  do {                                                                   \
    if (!(condition)) fail("%s: %s", describe(__VA_ARGS__), #condition); \
  } while (0)

// A formatted text, which the next call overwrites.
const char *describe(const char *format, ...) __attribute__((format(printf, 1, 2)));

// Prints a digest (FNV-1a) of bytes that no machine may compute otherwise.
void print_digest(const char *name, const void *bytes, size_t size);

typedef struct {
  uint64_t state;
} generator;

// The next of a sequence in [−1, 1), in steps of 2⁻²³.
float next_value(generator *);
uint32_t next_below(generator *, uint32_t limit);

// Memory that ends with itself, filled with bytes that are NaNs as numbers.
void *take(size_t size);
// `count` numbers in [offset − 1, offset + 1).
float *take_values(generator *, int64_t count, float offset);

double silu_of(double x);
const char *set_name(ndc_instruction_set);

void check_group_norm(ndc_instruction_set);
void check_elementwise(ndc_instruction_set);
void check_convolutions(ndc_instruction_set);
void check_magnitude(ndc_instruction_set);
void check_nearest(ndc_instruction_set);
void check_mappings(void);
void check_pictures(const char *folder);
void check_statistics(void);
void check_onednn(void);
