#include "core/nn/random_mask.h"

#include "core/base/random.h"
#include "core/nn/parallel.h"

namespace mlctl::engine {
namespace {

// Two elements a draw: the halves of mix64 are independent.
MLCTL_VECTORIZED void draw(float* mask, int64_t begin, int64_t end, uint64_t key, uint32_t limit,
                           float kept) {
  for (int64_t i = begin; i < end; ++i) {
    const uint64_t bits = mix64(key + 0x9e3779b97f4a7c15 * static_cast<uint64_t>(i >> 1));
    const auto half = static_cast<uint32_t>(bits >> (32 * (i & 1)));
    mask[i] = half < limit ? 0.0f : kept;
  }
}

}  // namespace

void dropout_mask(float* mask, int64_t count, double rate, uint64_t seed, int64_t step, int64_t layer) {
  const uint64_t key =
      mix64(seed ^ mix64(static_cast<uint64_t>(step) ^ mix64(static_cast<uint64_t>(layer) + 1)));
  const auto limit = static_cast<uint32_t>(rate * 4294967296.0);
  const auto kept = static_cast<float>(1 / (1 - rate));
  parallel_for(count, 1 << 14, [&](int64_t begin, int64_t end) { draw(mask, begin, end, key, limit, kept); });
}

}  // namespace mlctl::engine
