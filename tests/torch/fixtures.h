#pragma once
// Small networks of every kind, and batches for them.

#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "core/engine/engine.h"

namespace mlctl::fixtures {

struct Example {
  std::string name;
  SessionSpec spec;
};

struct OwnedBatch {
  int64_t size = 0;
  std::vector<float> features{}, targets{};
  std::vector<int32_t> codes{}, tokens{}, labels{};
  std::vector<int64_t> offsets{};
  Batch view() const;
};

Engine& engine();
std::unique_ptr<Session> open(const SessionSpec& spec);

SessionSpec small_cnn();          // conv + ReLU + pooling, dropout: what the fused plan takes
SessionSpec large_cnn();          // whose convolution's output is larger than a cache
std::vector<Example> examples();  // one of each architecture
std::vector<Example> fusible();   // networks that the fused plan takes, odd sizes included
OwnedBatch make_batch(const SessionSpec& spec, int64_t size, uint64_t seed);

}  // namespace mlctl::fixtures
