#include "core/engine/network.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "core/base/checked.h"
#include "core/base/limits.h"
#include "core/engine/parameters.h"

namespace mlctl {
namespace {

using Shape = std::vector<int64_t>;

// No example has more activations than this: a typo in a size fails here, not in an allocation.
bool too_large(const Shape& shape, int64_t most = limits::kActivations) {
  const auto count = checked_product(shape);
  return !count || *count > most;
}

// Limits the sizes in a layer, so that sums of them and products of two do not overflow.
bool too_far(std::initializer_list<int64_t> extents) {
  return std::any_of(extents.begin(), extents.end(), [](int64_t each) { return each > limits::kExtent; });
}

std::string to_text(const Shape& shape) {
  std::string text;
  for (const int64_t size : shape) text += (text.empty() ? "" : "×") + std::to_string(size);
  return text;
}

std::string describe(const Layer& layer) {
  switch (layer.kind) {
    case LayerKind::conv2d:
      return fmt::format("conv2d {} filters of {}×{}", layer.units, layer.kernel_h, layer.kernel_w);
    case LayerKind::maxpool2d:
    case LayerKind::avgpool2d:
    case LayerKind::adaptiveavgpool2d:
      return layer.kernel_h == layer.kernel_w
                 ? fmt::format("{} {}", name(layer.kind), layer.kernel_h)
                 : fmt::format("{} {}×{}", name(layer.kind), layer.kernel_h, layer.kernel_w);
    case LayerKind::dense:
      return fmt::format("dense {}", layer.units);
    default:
      return name(layer.kind);
  }
}

tl::unexpected<Error> misfit(const std::string& why, const std::string& hint = {}) {
  return fail(Exit::data, why, hint);
}

Result<int64_t> windows(int64_t input, int64_t kernel, int64_t stride, int64_t padding) {
  if (kernel < 1 || stride < 1 || padding < 0) return misfit("kernel and stride start at 1, padding at 0");
  if (too_far({kernel, stride, padding})) return misfit("its kernel, stride or padding is too large");
  if (input + 2 * padding < kernel) return misfit("");
  return (input + 2 * padding - kernel) / stride + 1;
}

Result<Shape> slide(const Layer& layer, const Shape& input, int64_t channels) {
  const auto height = windows(input[1], layer.kernel_h, layer.stride_h, layer.padding_h);
  const auto width = windows(input[2], layer.kernel_w, layer.stride_w, layer.padding_w);
  for (const auto* size : {&height, &width})
    if (!*size && !size->error().message.empty()) return fail(size->error());
  if (!height || !width)
    return misfit(fmt::format("input is {}×{}", input[1], input[2]),
                  "use a smaller kernel, fewer pooling layers, padding, or larger images");
  return Shape{channels, *height, *width};
}

Result<Shape> need_image(const Shape& input) {
  if (input.size() != 3) return misfit(fmt::format("needs images, its input is {} values", to_text(input)));
  return input;
}

Result<Shape> need_first(const Network& network, size_t index, InputKind kind) {
  if (index != 0) return misfit("can only be the first layer");
  if (network.input.kind != kind)
    return misfit(fmt::format("reads {}, the input is {}", name(kind), name(network.input.kind)));
  return Shape{};
}

Result<Shape> pool_shape(const Layer& layer, const Shape& input) {
  TRY(need_image(input));
  if (layer.padding_h * 2 > layer.kernel_h || layer.padding_w * 2 > layer.kernel_w)
    return misfit("padding is at most half the kernel");
  return slide(layer, input, input[0]);
}

Result<Shape> dense_shape(const Layer& layer, const Shape& input) {
  if (layer.units < 1) return misfit("needs at least 1 unit");
  if (input.size() != 1)
    return misfit(fmt::format("its input is {}", to_text(input)), "put `flatten` before it");
  return Shape{layer.units};
}

Result<Shape> table_shape(const Network& network, const Layer& layer, size_t index) {
  TRY(need_first(network, index, InputKind::table));
  int64_t columns = network.input.numeric;
  if (too_far({columns, layer.units})) return misfit("it has too many columns or units");
  for (const int64_t cardinality : network.input.cardinalities) {
    if (cardinality < 1) return misfit("a categorical column has no values");
    if (too_far({cardinality})) return misfit("a categorical column has too many values");
    columns += embedding_width(layer, cardinality);
  }
  if (columns < 1) return misfit("the table has no columns to learn from");
  return Shape{columns};
}

Result<Shape> ratings_shape(const Network& network, const Layer& layer, size_t index) {
  TRY(need_first(network, index, InputKind::ratings));
  if (layer.units < 1) return misfit("needs at least 1 dimension");
  if (network.input.users < 1 || network.input.items < 1) return misfit("there are no users or no items");
  if (too_far({layer.units, network.input.users, network.input.items}))
    return misfit("it has too many dimensions, users or items");
  return Shape{layer.kind == LayerKind::factorization ? 1 : 2 * layer.units};
}

Result<Shape> text_shape(const Network& network, const Layer& layer, size_t index) {
  TRY(need_first(network, index, InputKind::text));
  if (layer.units < 1) return misfit("needs at least 1 dimension");
  if (network.input.vocabulary < 1) return misfit("the vocabulary is empty");
  if (too_far({layer.units, network.input.vocabulary}))
    return misfit("it has too many dimensions or the vocabulary too many words");
  return Shape{layer.units};
}

Result<Shape> conv_shape(const Layer& layer, const Shape& input) {
  TRY(need_image(input));
  if (layer.units < 1) return misfit("needs at least 1 filter");
  return slide(layer, input, layer.units);
}

Result<Shape> adaptive_shape(const Layer& layer, const Shape& input) {
  TRY(need_image(input));
  if (layer.kernel_h < 1 || layer.kernel_w < 1) return misfit("its output starts at 1×1");
  return Shape{input[0], layer.kernel_h, layer.kernel_w};
}

Result<Shape> layer_shape(const Network& network, size_t index, const Shape& input) {
  const Layer& layer = network.layers[index];
  switch (layer.kind) {
    case LayerKind::conv2d:
      return conv_shape(layer, input);
    case LayerKind::batchnorm2d:
      return need_image(input);
    case LayerKind::maxpool2d:
    case LayerKind::avgpool2d:
      return pool_shape(layer, input);
    case LayerKind::adaptiveavgpool2d:
      return adaptive_shape(layer, input);
    case LayerKind::dropout:
      if (layer.rate < 0 || layer.rate >= 1) return misfit("the rate is at least 0 and below 1");
      return input;
    case LayerKind::dense:
      return dense_shape(layer, input);
    case LayerKind::flatten:
      return Shape{element_count(input)};
    case LayerKind::activation:
      return input;
    case LayerKind::embedding_mean:
      return text_shape(network, layer, index);
    case LayerKind::table_input:
      return table_shape(network, layer, index);
    case LayerKind::resnet18:
      TRY(need_first(network, index, InputKind::image));
      if (network.layers.size() != 1) return misfit("is a whole network: it stands alone");
      return Shape{network.outputs};
    case LayerKind::factorization:
    case LayerKind::rating_input:
      return ratings_shape(network, layer, index);
  }
  return misfit("unknown layer");
}

}  // namespace

std::vector<int64_t> input_shape(const InputSpec& input) {
  switch (input.kind) {
    case InputKind::image:
      return {input.channels, input.height, input.width};
    case InputKind::table:
      return {input.numeric};
    case InputKind::text:
      return {1};
    case InputKind::ratings:
      return {2};
  }
  return {};
}

namespace {

Result<> check_input(const InputSpec& input, const Shape& shape) {
  const bool image = input.kind == InputKind::image;
  const bool none = image && std::find(shape.begin(), shape.end(), 0) != shape.end();
  if (none || too_large(shape, limits::kInputValues))
    return misfit(fmt::format("the input's shape is {}; from 1 to {} values are computed with",
                              to_text(shape), limits::kInputValues));
  if (image && std::max(input.height, input.width) > limits::kInputSide)
    return misfit(fmt::format("the input's shape is {}, a side has at most {} pixels", to_text(shape),
                              limits::kInputSide));
  if (input.cardinalities.size() > limits::kColumns)
    return misfit(
        fmt::format("{} categorical columns, {} at most", input.cardinalities.size(), limits::kColumns));
  return {};
}

// The number of activations that a layer leaves for each example. resnet18 is many layers: at 224×224 some
// 2.5 million.
int64_t activations(const Network& network, const Layer& layer, const Shape& output) {
  constexpr int64_t kResnetPerPixel = 50;
  if (layer.kind == LayerKind::resnet18) return network.input.height * network.input.width * kResnetPerPixel;
  return element_count(output);
}

Error at_layer(const Network& network, size_t index, Error error) {
  error.message =
      fmt::format("model.layers[{}] ({}): {}", index, describe(network.layers[index]), error.message);
  return error;
}

}  // namespace

Result<std::vector<std::vector<int64_t>>> infer_shapes(const Network& network) {
  if (network.layers.empty()) return misfit("model.layers is empty");
  if (network.layers.size() > limits::kLayers)
    return misfit(
        fmt::format("model.layers has {} layers, {} at most", network.layers.size(), limits::kLayers));
  Shape shape = input_shape(network.input);
  TRY(check_input(network.input, shape));
  std::vector<Shape> shapes;
  int64_t held = 0;
  for (size_t i = 0; i < network.layers.size(); ++i) {
    auto next = layer_shape(network, i, shape);
    if (!next) return fail(at_layer(network, i, next.error()));
    shape = *next;
    held += too_large(shape) ? limits::kActivations + 1 : activations(network, network.layers[i], shape);
    if (held > limits::kActivations)
      return fail(at_layer(network, i,
                           {Exit::data, fmt::format("its output of {} is too large: an example may have {} "
                                                    "activations in all layers",
                                                    to_text(shape), limits::kActivations)}));
    shapes.push_back(shape);
  }
  if (shape != Shape{network.outputs} || network.outputs < 1)
    return misfit(fmt::format("model.layers[{}] ({}): the last layer yields {}, the task needs {}",
                              network.layers.size() - 1, describe(network.layers.back()), to_text(shape),
                              network.outputs),
                  "end with `dense: {units: classes}` for classes, `dense: {units: 1}` for a number");
  return shapes;
}

}  // namespace mlctl
