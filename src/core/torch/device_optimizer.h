#pragma once
// The optimisers of core/nn/optimizer.h for arrays that do not live in the CPU's memory.

#include <vector>

#include <ATen/core/Tensor.h>

#include "core/nn/optimizer.h"

namespace mlctl::engine {

// One update; `moments` in the order of moment_names, all tensors flat and on one device.
void device_update(const OptimizerSpec& spec, const at::Tensor& values, const at::Tensor& gradients,
                   const std::vector<at::Tensor>& moments, double learning_rate, int64_t step_number);

}  // namespace mlctl::engine
