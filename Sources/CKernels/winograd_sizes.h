// How Winograd's form divides its work, which its scratch memory depends on.
#pragma once

#include <stdint.h>

// Rows of a tile and columns of one, transformed.
#define WINOGRAD_POSITIONS(tall) (4 * ((tall) + 2))

// Tiles that are transformed at once: their values stay in the second cache while all weights pass by.
static inline int64_t winograd_block(int64_t tiles, int64_t channels, int64_t positions, int64_t size) {
  enum { CACHED = 1 << 18, ROWS = 8 };
  int64_t most = CACHED / (positions * channels * size) / ROWS * ROWS;
  if (most < ROWS) most = ROWS;
  const int64_t blocks = (tiles + most - 1) / most;
  return ((tiles + blocks - 1) / blocks + ROWS - 1) / ROWS * ROWS;
}
