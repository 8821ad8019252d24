#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "core/base/limits.h"
#include "core/image/image_codecs.h"

namespace mlctl {

namespace {

Result<const ImageCodec*> find_codec(std::string_view bytes) {
  if (bytes.empty()) return fail(Exit::data, "the image is empty (0 bytes)");
  const ImageCodec* codec = codec_of(bytes);
  if (codec == nullptr) {
    return fail(Exit::data, "not a JPEG, PNG or WebP image", "convert it to one of them");
  }
  return codec;
}

Result<ImageHeader> checked_header(const ImageCodec& codec, std::string_view bytes) {
  const ImageHeader header = TRY(codec.header(bytes));
  if (header.width <= 0 || header.height <= 0) return corrupt_image(codec.name, "it has no pixels");
  if (header.width > limits::kPixels / header.height) {
    return fail(Exit::data,
                fmt::format("{}×{} pixels is over the limit of 178 million", header.width, header.height),
                "scale it down first");
  }
  return header;
}

// Composes on white: transparent becomes white, as viewers and Pillow users expect.
void drop_alpha(Pixels& pixels) {
  const auto from = static_cast<size_t>(pixels.channels), to = from - 1;
  const size_t count = pixels.data.size() / from;
  for (size_t i = 0; i < count; ++i) {
    const unsigned alpha = pixels.data[i * from + to];
    for (size_t c = 0; c < to; ++c) {
      const unsigned value = pixels.data[i * from + c];
      pixels.data[i * to + c] = static_cast<uint8_t>((value * alpha + 255 * (255 - alpha) + 127) / 255);
    }
  }
  pixels.data.resize(count * to);
  pixels.channels = static_cast<int64_t>(to);
}

// Puts each pixel where the camera's orientation says (EXIF 2–8).
Pixels oriented(const Pixels& source, int orientation) {
  const bool transposed = orientation >= 5;
  Pixels result{transposed ? source.height : source.width, transposed ? source.width : source.height,
                source.channels, std::vector<uint8_t>(source.data.size())};
  const int64_t w = source.width, h = source.height, channels = source.channels;
  for (int64_t y = 0; y < result.height; ++y) {
    for (int64_t x = 0; x < result.width; ++x) {
      int64_t from_x = transposed ? y : x, from_y = transposed ? x : y;
      if (orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8)
        from_x = w - 1 - from_x;
      if (orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7)
        from_y = h - 1 - from_y;
      std::copy_n(&source.data[static_cast<size_t>((from_y * w + from_x) * channels)], channels,
                  &result.data[static_cast<size_t>((y * result.width + x) * channels)]);
    }
  }
  return result;
}

void to_grey(Pixels& pixels) {
  const size_t count = pixels.data.size() / 3;
  for (size_t i = 0; i < count; ++i) {
    const uint8_t* rgb = &pixels.data[i * 3];
    pixels.data[i] =
        static_cast<uint8_t>((rgb[0] * 19595U + rgb[1] * 38470U + rgb[2] * 7471U + 32768U) >> 16);
  }
  pixels.data.resize(count);
  pixels.channels = 1;
}

void to_rgb(Pixels& pixels) {
  std::vector<uint8_t> rgb(pixels.data.size() * 3);
  for (size_t i = 0; i < pixels.data.size(); ++i) std::fill_n(&rgb[i * 3], 3, pixels.data[i]);
  pixels.data = std::move(rgb);
  pixels.channels = 3;
}

}  // namespace

const ImageCodec* codec_of(std::string_view bytes) {
  for (const ImageCodec* codec : {&jpeg_codec(), &png_codec(), &webp_codec()}) {
    if (codec->is(bytes)) return codec;
  }
  return nullptr;
}

// TIFF structure: byte order, 42, offset of the first directory; entries of 12 bytes; tag 0x0112.
int exif_orientation(std::string_view exif) {
  if (exif.starts_with(std::string_view("Exif\0\0", 6))) exif.remove_prefix(6);
  if (exif.size() < 8) return 1;
  const bool little = exif.starts_with("II");
  const auto number = [&](size_t at, size_t size) -> size_t {
    size_t value = 0;
    for (size_t i = 0; i < size && at + size <= exif.size(); ++i) {
      value = value << 8 | static_cast<uint8_t>(exif[little ? at + size - 1 - i : at + i]);
    }
    return value;
  };
  const size_t directory = number(4, 4), entries = number(directory, 2);
  for (size_t i = 0; i < entries; ++i) {
    const size_t at = directory + 2 + i * 12;
    if (at + 12 > exif.size()) break;
    if (number(at, 2) != 0x0112) continue;
    const size_t value = number(at + 8, 2);
    return value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
  }
  return 1;
}

Result<Pixels> decode_image(std::string_view bytes, int channels) {
  const ImageCodec* codec = TRY(find_codec(bytes));
  TRY(checked_header(*codec, bytes));
  RawImage image = TRY(codec->decode(bytes));
  Pixels& pixels = image.pixels;
  if (pixels.channels == 2 || pixels.channels == 4) drop_alpha(pixels);
  if (channels == 1 && pixels.channels == 3) to_grey(pixels);
  if (channels == 3 && pixels.channels == 1) to_rgb(pixels);
  if (image.orientation > 1) return oriented(pixels, image.orientation);
  return std::move(pixels);
}

Result<Pixels> image_size(std::string_view bytes) {
  const ImageCodec* codec = TRY(find_codec(bytes));
  const ImageHeader header = TRY(checked_header(*codec, bytes));
  const bool transposed = header.orientation >= 5;
  return Pixels{transposed ? header.height : header.width, transposed ? header.width : header.height, 0, {}};
}

}  // namespace mlctl
