#pragma once
#include <stddef.h>
#include <stdint.h>

// Decoding PNG (libpng) and JPEG (libjpeg-turbo) pictures from memory. Nothing here aborts or prints: every failure is
// a code and a message.

typedef enum {
  PICTURES_OK = 0,
  // The bytes are damaged, cut off, or use something unsupported.
  PICTURES_BAD_DATA = 1,
  // A side or the number of pixels is beyond the limits given.
  PICTURES_TOO_LARGE = 2,
  // A pixel is not fully opaque.
  PICTURES_TRANSPARENT = 3,
  PICTURES_NO_MEMORY = 4,
} pictures_status;

typedef struct {
  uint32_t width;
  uint32_t height;
  // 1 (grey) or 3 (red, green, blue).
  uint32_t channels;
  // 8 or 16; 16 is in the machine's byte order.
  uint32_t bits;
  // height x width x channels values, released by pictures_free.
  void *values;
} pictures_picture;

typedef struct {
  uint32_t maximum_side;
  uint64_t maximum_pixels;
} pictures_limits;

#define PICTURES_MESSAGE_SIZE 256

// The file's own values, verbatim: no gamma or colour profile is applied. Palettes become colour.
pictures_status pictures_decode_png(const void *bytes, size_t size, pictures_limits limits, pictures_picture *picture,
                                    char message[PICTURES_MESSAGE_SIZE]);

// Grey or colour by the file's own colour space; CMYK is refused. A warning of the decoder is an error here.
pictures_status pictures_decode_jpeg(const void *bytes, size_t size, pictures_limits limits, pictures_picture *picture,
                                     char message[PICTURES_MESSAGE_SIZE]);

void pictures_free(pictures_picture *picture);
