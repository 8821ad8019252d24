#pragma once
// What ingest, and later monitoring, measure of a picture.

#include <array>

#include "core/image/image.h"

namespace mlctl {

// The image features of FeatureStats, in the order of kImageFeatures.
struct ImageFeatures {
  double brightness = 0;  // mean luminance, 0 to 1
  double contrast = 0;    // standard deviation of the luminance, 0 to 0.5
  double width = 0, height = 0;
};
inline constexpr std::array<const char*, 4> kImageFeatures = {"brightness", "contrast", "width", "height"};
ImageFeatures image_features(const Pixels& pixels);

// Per channel, of pixels scaled to [0, 1]: mean and mean of squares. Grey counts for all three.
struct ChannelMoments {
  std::array<double, 3> mean{}, square{};
};
ChannelMoments channel_moments(const Pixels& pixels);

}  // namespace mlctl
