// Vectors of LANES values, which the including file defines. Compilers make the instructions of the set in force of their
// arithmetic; what a set does better than that is in its own header beside this one.
#pragma once

#include <stdint.h>

typedef float vf __attribute__((ext_vector_type(LANES)));
typedef uint32_t vu __attribute__((ext_vector_type(LANES)));
typedef int32_t vi __attribute__((ext_vector_type(LANES)));
typedef uint16_t vh __attribute__((ext_vector_type(LANES)));
typedef uint8_t vb __attribute__((ext_vector_type(LANES)));
// Twice the lanes, of half the size.
typedef int16_t vs2 __attribute__((ext_vector_type(2 * LANES)));
typedef uint8_t vb2 __attribute__((ext_vector_type(2 * LANES)));
