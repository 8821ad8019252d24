#pragma once
// Random changes of a training picture, on its 8-bit pixels. What a sample gets depends on (seed, epoch,
// sample) alone.

#include <cstdint>
#include <span>

#include "core/base/random.h"
#include "core/model/preprocess.h"
#include "core/train/spec.h"

namespace mlctl {

// `in` and `out` are height × width × channels and must not overlap. Pixels from outside repeat the edge.
void augment(const Augment& what, const ImagePreprocess& image, Random random, std::span<const uint8_t> in,
             std::span<uint8_t> out);

}  // namespace mlctl
