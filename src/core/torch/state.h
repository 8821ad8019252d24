#pragma once
// The numbers of a session: values, gradients and moments as flat arrays on one device, and their way in and
// out as named tensors.

#include <span>
#include <vector>

#include <ATen/core/Tensor.h>

#include "core/base/result.h"
#include "core/nn/layout.h"
#include "core/nn/optimizer.h"

namespace mlctl::engine {

class State {
 public:
  // Weights drawn from the seed; no gradients and no moments for inference.
  State(const SessionSpec& spec, Layout layout, const TensorMap& weights, const at::Device& device);

  // `live`: see Executor::live_ranges.
  void update(double learning_rate, std::span<const Range> live);
  std::vector<float*> moments() const;  // in the CPU's memory
  void count_batch() { ++batches_tracked_; }

  TensorMap weights() const;
  Result<> load_weights(const TensorMap& tensors);
  TensorMap optimizer_state() const;
  Result<> load_optimizer_state(const TensorMap& tensors);

  const Layout& layout() const { return layout_; }
  const at::Tensor& values() const { return values_; }
  const at::Tensor& gradients() const { return gradients_; }

 private:
  OptimizerSpec optimizer_;
  Layout layout_;
  at::Tensor values_, gradients_;
  std::vector<at::Tensor> moments_;
  int64_t steps_ = 0;            // updates done
  int64_t batches_tracked_ = 0;  // num_batches_tracked of every batchnorm
};

}  // namespace mlctl::engine
