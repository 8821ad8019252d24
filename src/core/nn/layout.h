#pragma once
// Where each tensor of a network lies in the session's flat arrays: trainable ones first, then the buffers.
// One array for all values, one for all gradients and one for each of the optimiser's moments make every
// optimiser a single loop.

#include <cstdint>
#include <string_view>
#include <vector>

#include "core/engine/parameters.h"

namespace mlctl::engine {

struct Slot {
  Parameter parameter;
  int64_t offset = 0;  // in floats; a multiple of 16, so that rows start on cache lines
  int64_t size = 0;    // 0 for the counter num_batches_tracked, which all batchnorms share
};

struct Layout {
  std::vector<Slot> slots;
  int64_t trainable = 0;  // floats in front that the optimiser updates (padding included, always zero)
  int64_t total = 0;

  const Slot& at(std::string_view name) const;
};

Layout make_layout(std::vector<Parameter> parameters);

}  // namespace mlctl::engine
