#include "CPictures.h"

#include <stdlib.h>
#include <string.h>
#include <turbojpeg.h>

static pictures_status failure(tjhandle handle, char *message) {
  strncpy(message, tjGetErrorStr2(handle), PICTURES_MESSAGE_SIZE - 1);
  return PICTURES_BAD_DATA;
}

static pictures_status decode(tjhandle handle, const void *bytes, size_t size, pictures_limits limits,
                              pictures_picture *picture, char *message) {
  int width = 0, height = 0, sampling = 0, colors = 0;
  if (tjDecompressHeader3(handle, bytes, size, &width, &height, &sampling, &colors)) return failure(handle, message);
  picture->width = (uint32_t)width;
  picture->height = (uint32_t)height;
  if (picture->width > limits.maximum_side || picture->height > limits.maximum_side ||
      (uint64_t)width * (uint64_t)height > limits.maximum_pixels)
    return PICTURES_TOO_LARGE;
  if (colors == TJCS_CMYK || colors == TJCS_YCCK) {
    strncpy(message, "CMYK pictures are not supported", PICTURES_MESSAGE_SIZE - 1);
    return PICTURES_BAD_DATA;
  }
  picture->channels = colors == TJCS_GRAY ? 1 : 3;
  picture->bits = 8;
  picture->values = malloc((size_t)width * (size_t)height * picture->channels);
  if (!picture->values) return PICTURES_NO_MEMORY;
  // The accurate transform is what other decoders use by default.
  const int flags = TJFLAG_ACCURATEDCT | TJFLAG_STOPONWARNING | TJFLAG_LIMITSCANS;
  if (tjDecompress2(handle, bytes, size, picture->values, width, 0, height, colors == TJCS_GRAY ? TJPF_GRAY : TJPF_RGB,
                    flags)) {
    pictures_free(picture);
    return failure(handle, message);
  }
  return PICTURES_OK;
}

pictures_status pictures_decode_jpeg(const void *bytes, size_t size, pictures_limits limits, pictures_picture *picture,
                                     char message[PICTURES_MESSAGE_SIZE]) {
  memset(picture, 0, sizeof *picture);
  memset(message, 0, PICTURES_MESSAGE_SIZE);
  tjhandle handle = tjInitDecompress();
  if (!handle) return PICTURES_NO_MEMORY;
  const pictures_status status = decode(handle, bytes, size, limits, picture, message);
  tjDestroy(handle);
  return status;
}
