#pragma once
// Names, shapes and initial values of a network's tensors: the one table that the engine's paths, the weight
// files and the tests agree on.

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/engine/network.h"
#include "core/tensor/tensor.h"

namespace mlctl {

struct Parameter {
  enum class Init { uniform, normal, constant };
  std::string name;
  std::vector<int64_t> shape;
  Init init = Init::constant;
  double value = 0;       // the bound of uniform, the deviation of normal, or the constant
  bool trainable = true;  // false: a buffer of batchnorm2d
  DType dtype = DType::f32;
};

// In PyTorch's state_dict order, or the error of infer_shapes.
Result<std::vector<Parameter>> parameters(const Network& network);

// PyTorch's default initialisation drawn from our own generator, so that a seed means the same everywhere.
// Embeddings of text and ratings start small instead of N(0, 1): rare ids then say nothing until trained.
Result<TensorMap> initial_weights(const Network& network, uint64_t seed);

int64_t element_count(const std::vector<int64_t>& shape);

// The prefix of each layer's tensors: its index in the nn.Sequential, activations counted.
std::vector<std::string> module_names(const Network& network);

// The width of the embedding of a categorical column in a table_input: the layer's units, or, when they are
// 0, half the column's cardinality, 50 at most.
int64_t embedding_width(const Layer& layer, int64_t cardinality);

}  // namespace mlctl
