#include "core/engine/parameters.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "core/base/checked.h"
#include "core/base/limits.h"
#include "core/base/random.h"

namespace mlctl {
namespace {

using Init = Parameter::Init;

// Collects the tensors in order.
struct Table {
  std::vector<Parameter> rows;

  void add(std::string name, std::vector<int64_t> shape, Init init, double value) {
    rows.push_back({std::move(name), std::move(shape), init, value, true, DType::f32});
  }

  // nn.Conv2d and nn.Linear: kaiming_uniform(a=√5) is U(−1/√fan_in, 1/√fan_in), and so is the bias.
  void add_weighted(const std::string& prefix, std::vector<int64_t> shape, bool bias) {
    const int64_t outputs = shape[0];
    double fan_in = 1;  // a double: whether the shape is a size at all is seen later
    for (size_t i = 1; i < shape.size(); ++i) fan_in *= static_cast<double>(shape[i]);
    const double bound = 1 / std::sqrt(fan_in);
    add(prefix + "weight", std::move(shape), Init::uniform, bound);
    if (bias) add(prefix + "bias", {outputs}, Init::uniform, bound);
  }

  void add_batchnorm(const std::string& prefix, int64_t channels) {
    add(prefix + "weight", {channels}, Init::constant, 1);
    add(prefix + "bias", {channels}, Init::constant, 0);
    rows.push_back({prefix + "running_mean", {channels}, Init::constant, 0, false, DType::f32});
    rows.push_back({prefix + "running_var", {channels}, Init::constant, 1, false, DType::f32});
    rows.push_back({prefix + "num_batches_tracked", {}, Init::constant, 0, false, DType::i64});
  }

  // torchvision's ResNet: kaiming_normal(fan_out) convolutions without bias.
  void add_resnet_conv(const std::string& name, int64_t out, int64_t in, int64_t kernel) {
    const double fan_out = static_cast<double>(out * kernel * kernel);
    add(name, {out, in, kernel, kernel}, Init::normal, std::sqrt(2 / fan_out));
  }

  void add_resnet18(int64_t channels, int64_t outputs) {
    add_resnet_conv("conv1.weight", 64, channels, 7);
    add_batchnorm("bn1.", 64);
    int64_t in = 64;
    for (int64_t stage = 1; stage <= 4; ++stage) {
      const int64_t out = int64_t{32} << stage;
      for (int64_t block = 0; block < 2; ++block) {
        const std::string prefix = "layer" + std::to_string(stage) + "." + std::to_string(block) + ".";
        add_resnet_conv(prefix + "conv1.weight", out, in, 3);
        add_batchnorm(prefix + "bn1.", out);
        add_resnet_conv(prefix + "conv2.weight", out, out, 3);
        add_batchnorm(prefix + "bn2.", out);
        if (in != out) {
          add_resnet_conv(prefix + "downsample.0.weight", out, in, 1);
          add_batchnorm(prefix + "downsample.1.", out);
        }
        in = out;
      }
    }
    add_weighted("fc.", {outputs, 512}, true);
  }
};

constexpr double kSmall = 0.1;

void add_layer(Table& table, const Network& network, const Layer& layer, const std::string& prefix,
               const std::vector<int64_t>& input) {
  const InputSpec& in = network.input;
  switch (layer.kind) {
    case LayerKind::conv2d:
      table.add_weighted(prefix, {layer.units, input[0], layer.kernel_h, layer.kernel_w}, layer.bias);
      break;
    case LayerKind::dense:
      table.add_weighted(prefix, {layer.units, input[0]}, layer.bias);
      break;
    case LayerKind::batchnorm2d:
      table.add_batchnorm(prefix, input[0]);
      break;
    case LayerKind::embedding_mean:
      table.add(prefix + "weight", {in.vocabulary, layer.units}, Init::normal, kSmall);
      break;
    case LayerKind::table_input:
      for (size_t k = 0; k < in.cardinalities.size(); ++k)
        table.add(prefix + "embeddings." + std::to_string(k) + ".weight",
                  {in.cardinalities[k], embedding_width(layer, in.cardinalities[k])}, Init::normal, 1);
      break;
    case LayerKind::factorization:
      table.add(prefix + "user_bias.weight", {in.users, 1}, Init::constant, 0);
      table.add(prefix + "item_bias.weight", {in.items, 1}, Init::constant, 0);
      [[fallthrough]];
    case LayerKind::rating_input:
      table.add(prefix + "users.weight", {in.users, layer.units}, Init::normal, kSmall);
      table.add(prefix + "items.weight", {in.items, layer.units}, Init::normal, kSmall);
      break;
    case LayerKind::resnet18:
      table.add_resnet18(in.channels, network.outputs);
      break;
    case LayerKind::maxpool2d:
    case LayerKind::avgpool2d:
    case LayerKind::adaptiveavgpool2d:
    case LayerKind::dropout:
    case LayerKind::flatten:
    case LayerKind::activation:
      break;
  }
}

Tensor initial_tensor(const Parameter& parameter, Random random) {
  const auto count = static_cast<size_t>(element_count(parameter.shape));
  Tensor tensor{parameter.dtype, parameter.shape, std::string(count * size_t(width(parameter.dtype)), '\0')};
  if (parameter.dtype != DType::f32) return tensor;
  auto* values = reinterpret_cast<float*>(tensor.bytes.data());
  for (size_t i = 0; i < count; ++i) {
    double value = parameter.value;
    if (parameter.init == Init::uniform) value *= 2 * random.uniform() - 1;
    if (parameter.init == Init::normal) value *= random.normal();
    values[i] = static_cast<float>(value);
  }
  return tensor;
}

// Checks the size before anything is allocated.
Result<> check_size(const std::vector<Parameter>& rows, size_t layer) {
  int64_t total = 0;
  for (const Parameter& row : rows) {
    const auto count = checked_product(row.shape);
    if (!count || *count > limits::kParameters || (total += *count) > limits::kParameters)
      return fail(Exit::data, fmt::format("model.layers[{}]: the network has more than {} parameters", layer,
                                          limits::kParameters));
  }
  return {};
}

}  // namespace

int64_t element_count(const std::vector<int64_t>& shape) {
  int64_t count = 1;
  for (const int64_t size : shape) count *= size;
  return count;
}

int64_t embedding_width(const Layer& layer, int64_t cardinality) {
  return layer.units > 0 ? layer.units : std::clamp<int64_t>((cardinality + 1) / 2, 1, 50);
}

std::vector<std::string> module_names(const Network& network) {
  std::vector<std::string> names;
  int64_t index = 0;
  for (const Layer& layer : network.layers) {
    names.push_back(layer.kind == LayerKind::resnet18 ? "" : std::to_string(index) + ".");
    const bool fused = layer.kind != LayerKind::activation && layer.activation != Activation::none;
    index += fused ? 2 : 1;
  }
  return names;
}

Result<std::vector<Parameter>> parameters(const Network& network) {
  const auto shapes = TRY(infer_shapes(network));
  const auto names = module_names(network);
  Table table;
  for (size_t i = 0; i < network.layers.size(); ++i) {
    add_layer(table, network, network.layers[i], names[i],
              i > 0 ? shapes[i - 1] : input_shape(network.input));
    TRY(check_size(table.rows, i));
  }
  return std::move(table.rows);
}

Result<TensorMap> initial_weights(const Network& network, uint64_t seed) {
  TensorMap weights;
  uint64_t stream = 0;
  const auto table = TRY(parameters(network));
  for (const Parameter& parameter : table)
    weights.emplace(parameter.name, initial_tensor(parameter, Random(seed, ++stream)));
  return weights;
}

int64_t parameter_count(const Network& network) {
  const auto table = parameters(network);
  int64_t count = 0;
  if (table)
    for (const Parameter& parameter : *table)
      if (parameter.trainable) count += element_count(parameter.shape);
  return count;
}

}  // namespace mlctl
