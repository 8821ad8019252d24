// JPEG, PNG and WebP, told apart by their content.

#include "core/image/image.h"
#include "core/image/image_codecs.h"
#include "fuzz/fuzz.h"

using namespace mlctl;

FUZZ(input) {
  const int channels = fuzz::choose(input, 2) == 0 ? 1 : 3;
  const auto size = image_size(input);
  (void)exif_orientation(input);
  // Decoding megapixels of nothing finds nothing and takes all the time there is.
  if (size && size->width * size->height > 250'000) return;
  const auto pixels = decode_image(input, channels);
  if (!pixels) return;
  fuzz::claim(size.has_value(), "what can be decoded has a header");
  fuzz::claim(pixels->width == size->width && pixels->height == size->height && pixels->channels == channels,
              "a picture is what its header says");
  fuzz::claim(static_cast<int64_t>(pixels->data.size()) == pixels->width * pixels->height * channels,
              "every pixel is there");
  const Pixels small = resize(*pixels, 7, 5);
  fuzz::claim(small.data.size() == static_cast<size_t>(7 * 5 * channels), "a resized picture has its size");
  const auto again = decode_image(encode_png(*pixels), channels);
  fuzz::claim(again && again->data == pixels->data, "a picture survives PNG");
}
