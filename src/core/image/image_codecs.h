#pragma once
// One decoder per format, each wrapping its library; decode.cpp chooses by content.

#include <cstdint>
#include <string_view>

#include "core/base/budget.h"
#include "core/image/image.h"

namespace mlctl {

// Decoded as stored: 1 to 4 channels (grey, grey + alpha, RGB, RGBA), before orientation.
struct RawImage {
  Pixels pixels;
  int orientation = 1;  // EXIF, 1 to 8
};

// What a header says.
struct ImageHeader {
  int64_t width = 0, height = 0;
  int orientation = 1;
};

struct ImageCodec {
  const char* name;  // "JPEG"
  bool (*is)(std::string_view bytes);
  Result<ImageHeader> (*header)(std::string_view bytes);
  Result<RawImage> (*decode)(std::string_view bytes);  // the header was within the limits
};

const ImageCodec& jpeg_codec();
const ImageCodec& png_codec();
const ImageCodec& webp_codec();
const ImageCodec* codec_of(std::string_view bytes);  // null when it is none of them

// An upper bound of the memory that decoding takes: the pixels, the same turned upright, and the decoder's
// own (a progressive JPEG's coefficients, a lossless WebP's words).
inline size_t decoding_bytes(const Pixels& size) {
  return static_cast<size_t>(size.width * size.height) * 12;
}

// Takes the memory that decoding needs, waiting for it while other threads decode large pictures. Bytes
// that are not a picture take none.
inline Budget::Share hold_decoding(Budget& memory, std::string_view bytes) {
  if (bytes.empty()) return {};
  const Result<Pixels> size = image_size(bytes);
  return memory.wait_for(size ? decoding_bytes(*size) : 0);
}

// The orientation tag of an EXIF block (with or without its "Exif\0\0" mark), or 1.
int exif_orientation(std::string_view exif);

inline auto corrupt_image(const char* format, std::string_view why) {
  return fail(Exit::data, std::string("corrupt ") + format + ": " + std::string(why));
}

}  // namespace mlctl
