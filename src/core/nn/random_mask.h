#pragma once
// Dropout's mask: a pure function of (seed, step, layer, element), so a resumed run, another path through the
// engine and another number of threads drop the same elements.

#include <cstdint>

namespace mlctl::engine {

// mask[i] = 1 / (1 − rate) where element i stays, else 0.
void dropout_mask(float* mask, int64_t count, double rate, uint64_t seed, int64_t step, int64_t layer);

}  // namespace mlctl::engine
