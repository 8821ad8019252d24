#pragma once
// What a network is, free of any tensor library: a list of layers over one kind of input. manifests' `model:`
// decodes to this, model.json stores it, the engine compiles it to blocks.

#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "core/base/result.h"

namespace mlctl {

enum class InputKind { image, table, text, ratings };

// The inputs of one example. A table has `numeric` standardised floats followed by one embedding per
// categorical column.
struct InputSpec {
  InputKind kind = InputKind::table;
  int64_t channels = 0, height = 0, width = 0;  // image: float32 NCHW
  int64_t numeric = 0;                          // table: float columns
  std::vector<int64_t> cardinalities{};  // table: codes per categorical column, code 0 = unknown or missing
  int64_t vocabulary = 0;                // text: token ids [0, vocabulary)
  int64_t users = 0, items = 0;          // ratings: ids; 0 = unseen
};

enum class Activation { none, relu, leaky_relu, gelu, silu, sigmoid, tanh };

enum class LayerKind {
  conv2d,
  batchnorm2d,
  maxpool2d,
  avgpool2d,
  adaptiveavgpool2d,
  dropout,
  dense,
  flatten,
  activation,
  embedding_mean,  // text: mean of the token embeddings, [N, units]
  table_input,     // table: numerics ++ category embeddings, [N, numeric + sum(embedding)]
  resnet18,        // the whole torchvision resnet18 trunk and head, tensors named as torchvision names them
  factorization,  // ratings: global mean + user bias + item bias + <user, item> of `units` dimensions, [N, 1]
  rating_input,   // ratings: user embedding ++ item embedding of `units` dimensions each, [N, 2 * units]
};

// One layer; only the fields its kind uses are set.
struct Layer {
  LayerKind kind = LayerKind::dense;
  int64_t units = 0;                   // conv2d filters, dense units, embedding dimension
  int64_t kernel_h = 0, kernel_w = 0;  // conv2d, pools; adaptiveavgpool2d: output size
  int64_t stride_h = 1, stride_w = 1;
  int64_t padding_h = 0, padding_w = 0;
  bool bias = true;
  double rate = 0;                        // dropout probability
  double epsilon = 1e-5, momentum = 0.1;  // batchnorm2d
  double slope = 0.01;                    // leaky_relu
  // Fused after conv2d/dense/batchnorm2d; the layer itself for `activation`.
  Activation activation = Activation::none;
};

// `outputs`: classes for classification, 1 for regression and recommendation. The last layer yields [N,
// outputs] logits or values. Parameter names are those of the nn.Sequential that the list spells, activations
// counted as modules of their own ("0.weight", "3.weight"); embeddings of a table_input are
// "0.embeddings.K.weight".
struct Network {
  InputSpec input;
  std::vector<Layer> layers;
  int64_t outputs = 0;
  double output_mean = 0;  // ratings: the constant global mean inside `factorization`
};

nlohmann::json to_json(const Network& network);
Result<Network> network_from_json(const nlohmann::json& document);

// The shape of the activations after each layer (without N), or an error (7) naming the layer that does not
// fit: "model.layers[4] (maxpool2d 2): input is 1×1".
Result<std::vector<std::vector<int64_t>>> infer_shapes(const Network& network);

// The shape of what the first layer reads, without N: [C, H, W] of an image, else the number of columns.
std::vector<int64_t> input_shape(const InputSpec& input);

int64_t parameter_count(const Network& network);  // trainable numbers; 0 where infer_shapes fails

const char* name(InputKind kind);
const char* name(Activation activation);
const char* name(LayerKind kind);

}  // namespace mlctl
