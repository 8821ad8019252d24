#pragma once
// A picture's look in 208 bytes: equal for the same picture at another size or quality.

#include <array>
#include <cstdint>

#include "core/image/image.h"

namespace mlctl {

// dHash (Krawetz 2013) in both directions: for each cell of an 8 × 8 grid whether it gets brighter to the
// right, and downwards; and the grid's mean colours, because flat pictures all have the same gradients.
struct ImageMark {
  std::array<uint64_t, 2> gradients{};
  std::array<uint8_t, 192> colours{};
};

ImageMark image_mark(const Pixels& pixels);

// The bounds hold for nine in ten copies of photographs made by halving them or by JPEG at quality 50, while
// of Fashion-MNIST's 70,000 clothes few pass for another.
inline constexpr int kMaxGradientFlips = 12;  // of 128
inline constexpr double kMaxColourShift = 2;  // mean over the grid, of 0–255
inline constexpr int kMaxCellShift = 16;      // of any cell
int gradient_flips(const std::array<uint64_t, 2>& a, const std::array<uint64_t, 2>& b);
bool looks_alike(const ImageMark& a, const ImageMark& b);

}  // namespace mlctl
