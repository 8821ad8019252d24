#include "core/features/pixels.h"

namespace mlctl {

PixelScale::PixelScale(const ImagePreprocess& image)
    : channels_(image.channels), tables_(static_cast<size_t>(image.channels)) {
  for (size_t channel = 0; channel < tables_.size(); ++channel) {
    for (size_t value = 0; value < 256; ++value) {
      tables_[channel][value] = static_cast<float>((static_cast<double>(value) / 255 - image.mean[channel]) /
                                                   image.stddev[channel]);
    }
  }
}

void PixelScale::apply(std::span<const uint8_t> pixels, std::span<float> out) const {
  const auto channels = static_cast<size_t>(channels_);
  const size_t plane = pixels.size() / channels;
  for (size_t channel = 0; channel < channels; ++channel) {
    const auto& table = tables_[channel];
    float* to = out.data() + channel * plane;
    const uint8_t* from = pixels.data() + channel;
    for (size_t i = 0; i < plane; ++i) to[i] = table[from[i * channels]];
  }
}

}  // namespace mlctl
