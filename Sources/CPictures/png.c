#include "CPictures.h"

#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

// The low-level API rather than png_image_*: the latter converts values by a gAMA chunk.

typedef struct {
  const unsigned char *bytes;
  size_t size;
  size_t position;
  char *message;
} source;

static void on_error(png_structp png, png_const_charp text) {
  source *input = png_get_error_ptr(png);
  strncpy(input->message, text, PICTURES_MESSAGE_SIZE - 1);
  png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp text) {
  (void)png;
  (void)text;
}

static void on_read(png_structp png, png_bytep output, size_t count) {
  source *input = png_get_io_ptr(png);
  if (count > input->size - input->position) png_error(png, "the file ends too early");
  memcpy(output, input->bytes + input->position, count);
  input->position += count;
}

// Drops an alpha channel whose every value is the largest; false when one is not.
static int drop_opaque_alpha(unsigned char *values, size_t pixels, size_t channels, size_t bytes_per_value) {
  const size_t from = (channels + 1) * bytes_per_value, to = channels * bytes_per_value;
  for (size_t i = 0; i < pixels; i++) {
    for (size_t k = to; k < from; k++)
      if (values[i * from + k] != 0xFF) return 0;
    memmove(values + i * to, values + i * from, to);
  }
  return 1;
}

// What setjmp must not leave in registers lives here.
typedef struct {
  png_structp png;
  png_infop info;
  unsigned char *values;
  png_bytep *rows;
} work;

static pictures_status decode(work *work, pictures_limits limits, pictures_picture *picture, char *message) {
  png_structp png = work->png;
  png_infop info = work->info;
  if (setjmp(png_jmpbuf(png))) return PICTURES_BAD_DATA;

  // Damage in an ancillary chunk could silently lose a transparency.
  png_set_crc_action(png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
  png_set_user_limits(png, 0x7FFFFFFF, 0x7FFFFFFF);
  png_read_info(png, info);
  const uint32_t width = png_get_image_width(png, info), height = png_get_image_height(png, info);
  picture->width = width;
  picture->height = height;
  if (width > limits.maximum_side || height > limits.maximum_side || (uint64_t)width * height > limits.maximum_pixels)
    return PICTURES_TOO_LARGE;
  // Before memory is taken: deflate expands at most 1032 times.
  if ((uint64_t)png_get_rowbytes(png, info) * height / 1032 > (uint64_t)((source *)png_get_io_ptr(png))->size)
    png_error(png, "the file is too short for its width and height");

  const int type = png_get_color_type(png, info);
  const int transparent = (type & PNG_COLOR_MASK_ALPHA) || png_get_valid(png, info, PNG_INFO_tRNS);
  const uint32_t channels = type & PNG_COLOR_MASK_COLOR ? 3 : 1;
  const uint32_t bits = png_get_bit_depth(png, info) == 16 ? 16 : 8;
  png_set_expand(png);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  if (bits == 16) png_set_swap(png);
#endif
  png_set_interlace_handling(png);
  png_read_update_info(png, info);

  const size_t bytes_per_value = bits / 8;
  const size_t row_size = (size_t)width * (channels + (transparent ? 1 : 0)) * bytes_per_value;
  if (png_get_rowbytes(png, info) != row_size) png_error(png, "unexpected size of a row");
  work->values = malloc(row_size * height);
  work->rows = malloc(sizeof(png_bytep) * height);
  if (!work->values || !work->rows) return PICTURES_NO_MEMORY;
  for (uint32_t y = 0; y < height; y++) work->rows[y] = work->values + y * row_size;
  png_read_image(png, work->rows);
  png_read_end(png, NULL);

  picture->channels = channels;
  picture->bits = bits;
  if (transparent && !drop_opaque_alpha(work->values, (size_t)width * height, channels, bytes_per_value)) {
    strncpy(message, "the picture has transparent pixels", PICTURES_MESSAGE_SIZE - 1);
    return PICTURES_TRANSPARENT;
  }
  picture->values = work->values;
  work->values = NULL;
  return PICTURES_OK;
}

pictures_status pictures_decode_png(const void *bytes, size_t size, pictures_limits limits, pictures_picture *picture,
                                    char message[PICTURES_MESSAGE_SIZE]) {
  memset(picture, 0, sizeof *picture);
  memset(message, 0, PICTURES_MESSAGE_SIZE);
  source input = {bytes, size, 0, message};
  work work = {0};
  work.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &input, on_error, on_warning);
  if (!work.png) return PICTURES_NO_MEMORY;
  work.info = png_create_info_struct(work.png);
  pictures_status status = PICTURES_NO_MEMORY;
  if (work.info) {
    png_set_read_fn(work.png, &input, on_read);
    status = decode(&work, limits, picture, message);
  }
  png_destroy_read_struct(&work.png, &work.info, NULL);
  free(work.rows);
  free(work.values);
  return status;
}

void pictures_free(pictures_picture *picture) {
  free(picture->values);
  picture->values = NULL;
}
