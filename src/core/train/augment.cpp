#include "core/train/augment.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <numbers>

namespace mlctl {

namespace {

struct Draw {
  bool flip = false;
  double angle = 0;  // radians
  int64_t dx = 0, dy = 0;
  double brightness = 1, contrast = 1;
};

Draw draw(const Augment& what, Random& random) {
  const auto symmetric = [&](double size) { return (2 * random.uniform() - 1) * size; };
  Draw out;
  if (what.flip) out.flip = random.uniform() < 0.5;
  if (what.rotate > 0) out.angle = symmetric(what.rotate) * std::numbers::pi / 180;
  if (what.crop > 0) {
    const auto range = static_cast<uint64_t>(2 * what.crop + 1);
    out.dx = static_cast<int64_t>(random.below(range)) - what.crop;
    out.dy = static_cast<int64_t>(random.below(range)) - what.crop;
  }
  if (what.color > 0) {
    out.brightness = 1 + symmetric(what.color);
    out.contrast = 1 + symmetric(what.color);
  }
  return out;
}

struct View {
  std::span<const uint8_t> pixels;
  int64_t height, width, channels;
  const uint8_t* at(int64_t y, int64_t x) const {
    y = std::clamp<int64_t>(y, 0, height - 1);
    x = std::clamp<int64_t>(x, 0, width - 1);
    return pixels.data() + (y * width + x) * channels;
  }
};

void shift(const View& in, const Draw& by, uint8_t* out) {
  for (int64_t y = 0; y < in.height; ++y) {
    for (int64_t x = 0; x < in.width; ++x) {
      const int64_t from = (by.flip ? in.width - 1 - x : x) + by.dx;
      std::memcpy(out, in.at(y + by.dy, from), static_cast<size_t>(in.channels));
      out += in.channels;
    }
  }
}

// Rotation about the centre, with flip and shift, by bilinear interpolation.
void rotate(const View& in, const Draw& by, uint8_t* out) {
  const double sine = std::sin(by.angle), cosine = std::cos(by.angle);
  const double middle_y = static_cast<double>(in.height - 1) / 2,
               middle_x = static_cast<double>(in.width - 1) / 2;
  for (int64_t row = 0; row < in.height; ++row) {
    for (int64_t column = 0; column < in.width; ++column) {
      const double y = static_cast<double>(row) - middle_y;
      const double x = (static_cast<double>(column) - middle_x) * (by.flip ? -1 : 1);
      const double from_y = middle_y + cosine * y + sine * x + static_cast<double>(by.dy);
      const double from_x = middle_x - sine * y + cosine * x + static_cast<double>(by.dx);
      const auto top = static_cast<int64_t>(std::floor(from_y)),
                 left = static_cast<int64_t>(std::floor(from_x));
      const double down = from_y - static_cast<double>(top), right = from_x - static_cast<double>(left);
      const uint8_t *a = in.at(top, left), *b = in.at(top, left + 1), *c = in.at(top + 1, left),
                    *d = in.at(top + 1, left + 1);
      for (int64_t channel = 0; channel < in.channels; ++channel) {
        const double upper = a[channel] + (b[channel] - a[channel]) * right;
        const double lower = c[channel] + (d[channel] - c[channel]) * right;
        *out++ = static_cast<uint8_t>(std::lround(upper + (lower - upper) * down));
      }
    }
  }
}

void recolor(std::span<uint8_t> pixels, const Draw& by) {
  constexpr double kMiddle = 128;
  std::array<uint8_t, 256> table{};
  for (size_t value = 0; value < table.size(); ++value) {
    const double changed = (static_cast<double>(value) * by.brightness - kMiddle) * by.contrast + kMiddle;
    table[value] = static_cast<uint8_t>(std::clamp(std::lround(changed), 0L, 255L));
  }
  for (uint8_t& pixel : pixels) pixel = table[pixel];
}

}  // namespace

void augment(const Augment& what, const ImagePreprocess& image, Random random, std::span<const uint8_t> in,
             std::span<uint8_t> out) {
  const Draw by = draw(what, random);
  const View view{in, image.height, image.width, image.channels};
  if (by.angle != 0) {
    rotate(view, by, out.data());
  } else {
    shift(view, by, out.data());
  }
  if (what.color > 0) recolor(out, by);
}

}  // namespace mlctl
