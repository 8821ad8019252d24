#pragma once
// Pictures as pixels.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace mlctl {

// An image as pixels: interleaved height × width × channels, 8 bits.
struct Pixels {
  int64_t width = 0, height = 0, channels = 0;  // channels: 1 grey, 3 RGB
  std::vector<uint8_t> data;
};

// Decodes JPEG, PNG or WebP (told by content, not by name), applies the EXIF orientation, composes alpha on
// white, and converts to `channels` (0: as stored, grey or RGB). Corrupt, truncated or over 178 Mpx → 7.
Result<Pixels> decode_image(std::string_view bytes, int channels = 0);
// Just the header: width × height as stored after orientation.
Result<Pixels> image_size(std::string_view bytes);
// Area-averaging (shrinking) or bilinear (enlarging) resize to exactly width × height.
Pixels resize(const Pixels& source, int64_t width, int64_t height);
std::string encode_png(const Pixels& pixels);

}  // namespace mlctl
