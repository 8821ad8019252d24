#include "torch/fixtures.h"

#include <cstdlib>

#include <doctest/doctest.h>

#include "core/base/random.h"
#include "core/engine/module.h"

extern "C" const mlctl::EngineModule* mlctl_engine_module();

namespace mlctl::fixtures {
namespace {

Layer conv(int64_t filters, int64_t kernel, Activation activation) {
  Layer layer{.kind = LayerKind::conv2d, .units = filters, .activation = activation};
  layer.kernel_h = layer.kernel_w = kernel;
  return layer;
}

Layer pool(LayerKind kind, int64_t size) {
  Layer layer{.kind = kind};
  layer.kernel_h = layer.kernel_w = layer.stride_h = layer.stride_w = size;
  return layer;
}

Layer dense(int64_t units, Activation activation = Activation::none) {
  return {.kind = LayerKind::dense, .units = units, .activation = activation};
}

Layer plain(LayerKind kind, int64_t units = 0) {
  return {.kind = kind, .units = units};
}

InputSpec image(int64_t channels, int64_t size) {
  InputSpec input{.kind = InputKind::image};
  input.channels = channels;
  input.height = input.width = size;
  return input;
}

SessionSpec spec_of(InputSpec input, std::vector<Layer> layers, int64_t outputs, Loss loss) {
  SessionSpec spec;
  spec.network.input = std::move(input);
  spec.network.layers = std::move(layers);
  spec.network.outputs = outputs;
  spec.loss = loss;
  spec.threads = 2;
  return spec;
}

SessionSpec table_spec(int64_t outputs, Loss loss) {
  InputSpec input{.kind = InputKind::table};
  input.numeric = 5;
  input.cardinalities = {4, 30};
  return spec_of(input, {plain(LayerKind::table_input), dense(16, Activation::relu), dense(outputs)}, outputs,
                 loss);
}

InputSpec ratings_input() {
  InputSpec input{.kind = InputKind::ratings};
  input.users = 20;
  input.items = 30;
  return input;
}

SessionSpec batchnorm_cnn() {
  Layer norm = plain(LayerKind::batchnorm2d);
  norm.activation = Activation::relu;
  return spec_of(
      image(3, 16),
      {conv(8, 3, Activation::none), norm, pool(LayerKind::avgpool2d, 2), conv(8, 3, Activation::gelu),
       pool(LayerKind::adaptiveavgpool2d, 2), plain(LayerKind::flatten), dense(3)},
      3, Loss::cross_entropy);
}

}  // namespace

Batch OwnedBatch::view() const {
  return {size, features, codes, tokens, offsets, labels, targets};
}

Engine& engine() {
  static const std::unique_ptr<Engine> instance = mlctl_engine_module()->create({.threads = 2});
  return *instance;
}

std::unique_ptr<Session> open(const SessionSpec& spec) {
  auto session = engine().open(spec);
  REQUIRE_MESSAGE(session, (session ? "" : session.error().message));
  return std::move(*session);
}

SessionSpec small_cnn() {
  Layer dropout = plain(LayerKind::dropout);
  dropout.rate = 0.25;
  return spec_of(image(3, 20),
                 {conv(8, 3, Activation::relu), pool(LayerKind::maxpool2d, 2), conv(24, 3, Activation::relu),
                  pool(LayerKind::maxpool2d, 2), plain(LayerKind::flatten), dense(16, Activation::relu),
                  dropout, dense(4)},
                 4, Loss::cross_entropy);
}

std::vector<Example> examples() {
  InputSpec text{.kind = InputKind::text};
  text.vocabulary = 50;
  SessionSpec factorization = spec_of(ratings_input(), {plain(LayerKind::factorization, 8)}, 1, Loss::mse);
  factorization.network.output_mean = 0.25;
  return {{"small_cnn", small_cnn()},
          {"batchnorm_cnn", batchnorm_cnn()},
          {"resnet18", spec_of(image(3, 32), {plain(LayerKind::resnet18)}, 3, Loss::cross_entropy)},
          {"text", spec_of(text, {plain(LayerKind::embedding_mean, 16), dense(3)}, 3, Loss::cross_entropy)},
          {"table classes", table_spec(3, Loss::cross_entropy)},
          {"table values", table_spec(1, Loss::mse)},
          {"factorization", factorization},
          {"rating mlp", spec_of(ratings_input(),
                                 {plain(LayerKind::rating_input, 8), dense(16, Activation::relu), dense(1)},
                                 1, Loss::mse)}};
}

SessionSpec large_cnn() {
  return spec_of(image(3, 100),
                 {conv(32, 3, Activation::relu), pool(LayerKind::maxpool2d, 2), conv(16, 5, Activation::relu),
                  plain(LayerKind::flatten), dense(2)},
                 2, Loss::cross_entropy);
}

std::vector<Example> fusible() {
  Layer strided = conv(20, 3, Activation::relu), bare = conv(5, 2, Activation::none);
  strided.stride_h = strided.stride_w = 2;
  strided.padding_h = strided.padding_w = 1;
  bare.bias = false;
  Layer overlapping = pool(LayerKind::maxpool2d, 3), wide = pool(LayerKind::maxpool2d, 3);
  overlapping.stride_h = overlapping.stride_w = 2;
  overlapping.padding_h = overlapping.padding_w = 1;
  wide.kernel_h = wide.stride_h = 2;
  Layer relu = plain(LayerKind::activation);
  relu.activation = Activation::relu;
  std::vector<Example> found = {
      {"odd sizes", spec_of(image(1, 23),
                            {conv(7, 3, Activation::relu), overlapping, strided, bare, wide,
                             plain(LayerKind::flatten), dense(3)},
                            3, Loss::cross_entropy)},
      {"wide image", spec_of({.kind = InputKind::image, .channels = 18, .height = 9, .width = 14},
                             {conv(33, 3, Activation::relu), conv(16, 1, Activation::none),
                              plain(LayerKind::flatten), dense(1)},
                             1, Loss::mse)},
      {"pixels to dense",
       spec_of(image(1, 8), {plain(LayerKind::flatten), dense(12), relu, dense(4)}, 4, Loss::cross_entropy)}};
  for (Example& example : examples())
    if (example.name != "batchnorm_cnn" && example.name != "resnet18") found.push_back(std::move(example));
  return found;
}

OwnedBatch make_batch(const SessionSpec& spec, int64_t size, uint64_t seed) {
  const InputSpec& in = spec.network.input;
  Random random(seed, 77);
  OwnedBatch batch{.size = size};
  const auto id = [&](int64_t bound) { return static_cast<int32_t>(random.below(uint64_t(bound))); };
  for (int64_t i = 0; i < size * (in.channels * in.height * in.width + in.numeric); ++i)
    batch.features.push_back(static_cast<float>(random.normal()));
  for (int64_t i = 0; i < size; ++i) {
    for (const int64_t cardinality : in.cardinalities) batch.codes.push_back(id(cardinality));
    if (in.kind == InputKind::ratings) batch.codes.insert(batch.codes.end(), {id(in.users), id(in.items)});
    if (in.kind == InputKind::text) {
      batch.offsets.push_back(static_cast<int64_t>(batch.tokens.size()));
      for (int32_t n = id(6); n > 0; --n) batch.tokens.push_back(id(in.vocabulary));
    }
    if (spec.loss == Loss::mse)
      batch.targets.push_back(static_cast<float>(random.normal()));
    else
      batch.labels.push_back(id(spec.network.outputs));
  }
  return batch;
}

}  // namespace mlctl::fixtures
