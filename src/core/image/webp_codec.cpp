#include <webp/decode.h>

#include "core/image/image_codecs.h"

namespace mlctl {

namespace {

const uint8_t* data_of(std::string_view bytes) {
  return reinterpret_cast<const uint8_t*>(bytes.data());
}

bool is_webp(std::string_view bytes) {
  return bytes.size() >= 12 && bytes.starts_with("RIFF") && bytes.substr(8, 4) == "WEBP";
}

uint32_t little_endian(std::string_view bytes) {
  uint32_t value = 0;
  for (size_t i = 4; i-- > 0;) value = value << 8 | static_cast<uint8_t>(bytes[i]);
  return value;
}

// The EXIF chunk of the RIFF container, which libwebp's decoder does not look at.
int orientation_of(std::string_view bytes) {
  for (size_t at = 12; at + 8 <= bytes.size();) {
    const size_t size = little_endian(bytes.substr(at + 4, 4));
    if (bytes.substr(at, 4) == "EXIF") return exif_orientation(bytes.substr(at + 8, size));
    at += 8 + size + (size & 1);
  }
  return 1;
}

Result<WebPBitstreamFeatures> features_of(std::string_view bytes) {
  WebPBitstreamFeatures features;
  if (WebPGetFeatures(data_of(bytes), bytes.size(), &features) != VP8_STATUS_OK) {
    return corrupt_image("WebP", "its header can't be read");
  }
  if (features.has_animation != 0) {
    return fail(Exit::data, "an animated WebP is not a picture", "convert it to one picture a file");
  }
  return features;
}

Result<ImageHeader> header(std::string_view bytes) {
  const WebPBitstreamFeatures features = TRY(features_of(bytes));
  return ImageHeader{features.width, features.height, orientation_of(bytes)};
}

Result<RawImage> decode(std::string_view bytes) {
  const WebPBitstreamFeatures features = TRY(features_of(bytes));
  const bool alpha = features.has_alpha != 0;
  RawImage image;
  image.orientation = orientation_of(bytes);
  image.pixels.width = features.width;
  image.pixels.height = features.height;
  image.pixels.channels = alpha ? 4 : 3;
  const int stride = features.width * (alpha ? 4 : 3);
  image.pixels.data.resize(static_cast<size_t>(stride) * static_cast<size_t>(features.height));
  uint8_t* out = image.pixels.data.data();
  const uint8_t* done =
      alpha ? WebPDecodeRGBAInto(data_of(bytes), bytes.size(), out, image.pixels.data.size(), stride)
            : WebPDecodeRGBInto(data_of(bytes), bytes.size(), out, image.pixels.data.size(), stride);
  if (done == nullptr) return corrupt_image("WebP", "it is damaged or ends too early");
  return image;
}

}  // namespace

const ImageCodec& webp_codec() {
  static const ImageCodec codec = {"WebP", is_webp, header, decode};
  return codec;
}

}  // namespace mlctl
