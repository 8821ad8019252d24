#pragma once
// How a session computes: with plain libtorch operations (the oracle, and every device) or with a plan of
// fused blocks on the CPU. Both read and write the same flat arrays, so nobody else notices which one runs.
// Everything here may throw: core/torch/session.cpp turns exceptions into Errors.

#include <cstdint>
#include <span>
#include <vector>

#include "core/engine/engine.h"

namespace mlctl::engine {

// Part of the flat arrays.
struct Range {
  int64_t begin = 0, count = 0;
};

class Executor {
 public:
  virtual ~Executor() = default;
  // Loss of one batch in training mode; its gradients replace those in the gradient array.
  virtual StepResult gradients(const Batch& batch, int64_t step) = 0;
  virtual std::vector<float> forward(const Batch& batch, double* loss) = 0;

  // Outside these parts every gradient is zero and always was (rows of embeddings that no batch has named
  // yet); in the order of the array. Empty: there is no such knowledge.
  virtual std::span<const Range> live_ranges() { return {}; }
  // The moments of another session have been loaded: rows that are not zero in them were named before.
  virtual void recall(const std::vector<const float*>&) {}
};

}  // namespace mlctl::engine
