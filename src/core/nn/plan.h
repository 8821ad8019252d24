#pragma once
// The executor on fused blocks. An image network has one when its layers are conv2d (+ ReLU), maxpool2d after
// a convolution, flatten, dense (+ ReLU) and dropout; tables, texts and ratings when theirs are dense, ReLU
// and dropout over the inputs' embeddings.

#include <memory>

#include "core/nn/executor.h"
#include "core/nn/layout.h"

namespace mlctl::engine {

// Null where the network, or this machine, needs plain libtorch. The arrays are those of the layout, in the
// CPU's memory; `gradients` is null for inference.
std::unique_ptr<Executor> make_plan(const SessionSpec& spec, const Layout& layout, float* values,
                                    float* gradients);

}  // namespace mlctl::engine
