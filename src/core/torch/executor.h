#pragma once
// How a session computes: with plain libtorch operations (the oracle, and every device) or with a plan of
// fused blocks on the CPU. Both read and write the same flat arrays, so nobody else notices which one runs.
// Everything here may throw: session.cpp turns exceptions into Errors.

#include <cstdint>
#include <vector>

#include "core/engine/engine.h"

namespace mlctl::engine {

class Executor {
 public:
  virtual ~Executor() = default;
  // Loss of one batch in training mode; its gradients replace those in the gradient array.
  virtual StepResult gradients(const Batch& batch, int64_t step) = 0;
  virtual std::vector<float> forward(const Batch& batch, double* loss) = 0;
};

}  // namespace mlctl::engine
