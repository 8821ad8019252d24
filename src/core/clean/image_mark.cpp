#include "core/clean/image_mark.h"

#include <bit>
#include <cstdlib>

namespace mlctl {

namespace {

// Rec. 601 luma, in 1/1000.
int luma(const Pixels& pixels, int64_t x, int64_t y) {
  const auto at = static_cast<size_t>((y * pixels.width + x) * pixels.channels);
  if (pixels.channels == 1) return pixels.data[at] * 1000;
  return pixels.data[at] * 299 + pixels.data[at + 1] * 587 + pixels.data[at + 2] * 114;
}

}  // namespace

ImageMark image_mark(const Pixels& pixels) {
  constexpr int64_t kBoth = 72;  // divisible by the 8 and the 9 cells: large pictures are read once
  const bool large = pixels.width >= 2 * kBoth && pixels.height >= 2 * kBoth;
  const Pixels smaller = large ? resize(pixels, kBoth, kBoth) : Pixels{};
  const Pixels& source = large ? smaller : pixels;
  const Pixels nine = resize(source, 9, 9), eight = resize(source, 8, 8);
  ImageMark mark;
  for (int64_t y = 0; y < 8; ++y) {
    for (int64_t x = 0; x < 8; ++x) {
      const uint64_t bit = uint64_t{1} << (y * 8 + x);
      if (luma(nine, x + 1, y) > luma(nine, x, y)) mark.gradients[0] |= bit;
      if (luma(nine, x, y + 1) > luma(nine, x, y)) mark.gradients[1] |= bit;
      for (int64_t c = 0; c < 3; ++c) {
        const int64_t channel = eight.channels == 1 ? 0 : c;
        mark.colours[static_cast<size_t>((y * 8 + x) * 3 + c)] =
            eight.data[static_cast<size_t>((y * 8 + x) * eight.channels + channel)];
      }
    }
  }
  return mark;
}

int gradient_flips(const std::array<uint64_t, 2>& a, const std::array<uint64_t, 2>& b) {
  return std::popcount(a[0] ^ b[0]) + std::popcount(a[1] ^ b[1]);
}

bool looks_alike(const ImageMark& a, const ImageMark& b) {
  if (gradient_flips(a.gradients, b.gradients) > kMaxGradientFlips) return false;
  int sum = 0;
  for (size_t i = 0; i < a.colours.size(); ++i) {
    const int shift = std::abs(a.colours[i] - b.colours[i]);
    if (shift > kMaxCellShift) return false;
    sum += shift;
  }
  return sum <= kMaxColourShift * static_cast<double>(a.colours.size());
}

}  // namespace mlctl
