#pragma once

#include <string>

#include "core/torch/torch_network.h"

namespace mlctl::engine {

// The TorchScript archive of the network in evaluation mode, by tracing. Its parameters are named as in
// PyTorch's state_dict.
std::string trace_archive(const Network& network, const TensorTable& tensors);

}  // namespace mlctl::engine
