// Separable resampling with a triangle filter whose support grows with the reduction: area averaging when
// shrinking, bilinear when enlarging (Pillow's BILINEAR). Fixed point, 14 bits of weight.

#include <algorithm>
#include <cmath>

#include "core/image/image.h"

namespace mlctl {

namespace {

constexpr int kWeightBits = 14;

// For each output position: where its input begins, and the weights, which sum to 1 << kWeightBits.
struct Taps {
  std::vector<int64_t> begin;
  std::vector<int32_t> weights;  // `count` for each output position
  int64_t count = 0;
};

Taps make_taps(int64_t from, int64_t to) {
  const double scale = static_cast<double>(from) / static_cast<double>(to), reach = std::max(1.0, scale);
  Taps taps;
  taps.count = std::min<int64_t>(from, static_cast<int64_t>(std::ceil(reach)) * 2 + 1);
  taps.begin.resize(static_cast<size_t>(to));
  taps.weights.resize(static_cast<size_t>(to * taps.count));
  std::vector<double> exact(static_cast<size_t>(taps.count));
  for (int64_t out = 0; out < to; ++out) {
    const double centre = (static_cast<double>(out) + 0.5) * scale;
    const int64_t begin =
        std::clamp<int64_t>(static_cast<int64_t>(std::floor(centre - reach + 0.5)), 0, from - taps.count);
    double sum = 0;
    for (int64_t i = 0; i < taps.count; ++i) {
      const double distance = std::abs(static_cast<double>(begin + i) + 0.5 - centre) / reach;
      sum += exact[static_cast<size_t>(i)] = std::max(0.0, 1 - distance);
    }
    int32_t* weights = &taps.weights[static_cast<size_t>(out * taps.count)];
    int32_t left = 1 << kWeightBits;
    for (int64_t i = 0; i < taps.count; ++i) {
      weights[i] =
          static_cast<int32_t>(std::lround(exact[static_cast<size_t>(i)] / sum * (1 << kWeightBits)));
      left -= weights[i];
    }
    *std::max_element(weights, weights + taps.count) += left;  // what rounding took
    taps.begin[static_cast<size_t>(out)] = begin;
  }
  return taps;
}

uint8_t rounded(int32_t sum) {
  return static_cast<uint8_t>(std::clamp((sum + (1 << (kWeightBits - 1))) >> kWeightBits, 0, 255));
}

Pixels resize_width(const Pixels& source, int64_t width) {
  const Taps taps = make_taps(source.width, width);
  const int64_t channels = source.channels;
  Pixels result{width, source.height, channels, {}};
  result.data.resize(static_cast<size_t>(width * source.height * channels));
  for (int64_t y = 0; y < source.height; ++y) {
    const uint8_t* row = &source.data[static_cast<size_t>(y * source.width * channels)];
    uint8_t* out = &result.data[static_cast<size_t>(y * width * channels)];
    for (int64_t x = 0; x < width; ++x) {
      const int32_t* weights = &taps.weights[static_cast<size_t>(x * taps.count)];
      const uint8_t* from = row + taps.begin[static_cast<size_t>(x)] * channels;
      for (int64_t c = 0; c < channels; ++c) {
        int32_t sum = 0;
        for (int64_t i = 0; i < taps.count; ++i) sum += weights[i] * from[i * channels + c];
        *out++ = rounded(sum);
      }
    }
  }
  return result;
}

Pixels resize_height(const Pixels& source, int64_t height) {
  const Taps taps = make_taps(source.height, height);
  const auto stride = static_cast<size_t>(source.width * source.channels);
  Pixels result{source.width, height, source.channels, {}};
  result.data.resize(static_cast<size_t>(height) * stride);
  std::vector<int32_t> sums(stride);
  for (int64_t y = 0; y < height; ++y) {
    std::fill(sums.begin(), sums.end(), 0);
    for (int64_t i = 0; i < taps.count; ++i) {
      const int32_t weight = taps.weights[static_cast<size_t>(y * taps.count + i)];
      const uint8_t* row = &source.data[static_cast<size_t>(taps.begin[static_cast<size_t>(y)] + i) * stride];
      for (size_t x = 0; x < stride; ++x) sums[x] += weight * row[x];
    }
    std::transform(sums.begin(), sums.end(), &result.data[static_cast<size_t>(y) * stride], rounded);
  }
  return result;
}

}  // namespace

Pixels resize(const Pixels& source, int64_t width, int64_t height) {
  const bool wide = source.width != width, tall = source.height != height;
  if (wide && tall) return resize_height(resize_width(source, width), height);
  if (wide) return resize_width(source, width);
  if (tall) return resize_height(source, height);
  return source;
}

}  // namespace mlctl
