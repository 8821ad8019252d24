#pragma once
// A network as a chain of libtorch operations over named tensors.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "core/engine/network.h"

namespace mlctl::engine {

using TensorTable = std::map<std::string, at::Tensor, std::less<>>;

struct Mode {
  bool training = false;
  uint64_t seed = 0;
  int64_t step = 0;
};

// Logits or values, [N, outputs]. `inputs` are those of Session::torchscript, in that order.
at::Tensor run_network(const Network& network, const TensorTable& tensors,
                       const std::vector<at::Tensor>& inputs, const Mode& mode);

}  // namespace mlctl::engine
