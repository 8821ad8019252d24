#include "core/image/image_stats.h"

#include <algorithm>
#include <cmath>

namespace mlctl {

namespace {

// Sums over pixels are whole numbers: exact in any order.
struct Sums {
  uint64_t sum = 0, squares = 0;
  void add(uint64_t value) {
    sum += value;
    squares += value * value;
  }
};

}  // namespace

ImageFeatures image_features(const Pixels& pixels) {
  Sums sums;
  const size_t count = pixels.data.size() / static_cast<size_t>(std::max<int64_t>(1, pixels.channels));
  if (pixels.channels == 1) {
    for (const uint8_t value : pixels.data) sums.add(value);
  } else {
    for (size_t i = 0; i < count; ++i) {
      const uint8_t* rgb = &pixels.data[i * 3];
      sums.add((rgb[0] * 19595U + rgb[1] * 38470U + rgb[2] * 7471U + 32768U) >> 16);
    }
  }
  const double n = static_cast<double>(std::max<size_t>(1, count)) * 255;
  const double mean = static_cast<double>(sums.sum) / n,
               square = static_cast<double>(sums.squares) / (n * 255);
  return {mean, std::sqrt(std::max(0.0, square - mean * mean)), static_cast<double>(pixels.width),
          static_cast<double>(pixels.height)};
}

ChannelMoments channel_moments(const Pixels& pixels) {
  std::array<Sums, 3> sums;
  const auto channels = static_cast<size_t>(pixels.channels);
  for (size_t i = 0; i + channels <= pixels.data.size(); i += channels) {
    for (size_t c = 0; c < channels; ++c) sums[c].add(pixels.data[i + c]);
  }
  ChannelMoments moments;
  const double n = static_cast<double>(std::max<size_t>(1, pixels.data.size() / channels)) * 255;
  for (size_t c = 0; c < 3; ++c) {
    const Sums& from = sums[channels == 1 ? 0 : c];
    moments.mean[c] = static_cast<double>(from.sum) / n;
    moments.square[c] = static_cast<double>(from.squares) / (n * 255);
  }
  return moments;
}

}  // namespace mlctl
