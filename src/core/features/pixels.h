#pragma once
// 8-bit pixels to the network's floats: one table look-up per value, used by the loader and by the encoder.

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "core/model/preprocess.h"

namespace mlctl {

class PixelScale {
 public:
  explicit PixelScale(const ImagePreprocess& image);

  // height × width × channels bytes to channels × height × width floats, (v / 255 - mean) / stddev.
  void apply(std::span<const uint8_t> pixels, std::span<float> out) const;

 private:
  int64_t channels_;
  std::vector<std::array<float, 256>> tables_;  // one per channel
};

}  // namespace mlctl
