#pragma once
// The executor on plain libtorch operations and autograd: every layer, every device.

#include <memory>

#include <ATen/core/Tensor.h>

#include "core/nn/executor.h"
#include "core/nn/layout.h"
#include "core/torch/torch_network.h"

namespace mlctl::engine {

// Views into the flat array, shaped as the layout says.
TensorTable view_tensors(const Layout& layout, const at::Tensor& flat);

// The tensors of a batch in the order of Session::torchscript, borrowing its memory where they stay on the
// CPU.
std::vector<at::Tensor> batch_inputs(const Network& network, const Batch& batch, const at::Device& device);

// `gradients` is undefined for inference.
std::unique_ptr<Executor> make_torch_executor(const SessionSpec& spec, const Layout& layout,
                                              const at::Tensor& values, const at::Tensor& gradients);

}  // namespace mlctl::engine
