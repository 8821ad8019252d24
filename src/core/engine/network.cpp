#include "core/engine/network.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "core/engine/parameters.h"

namespace mlctl {
namespace {

using Shape = std::vector<int64_t>;

// No activation of one example is larger than this: a typo in a size fails here, not in an allocation.
constexpr int64_t kLargest = int64_t{1} << 31;

bool too_large(const Shape& shape) {
  int64_t count = 1;
  for (const int64_t size : shape) {
    if (size > kLargest / std::max<int64_t>(count, 1)) return true;
    count *= size;
  }
  return false;
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
  for (const int64_t cardinality : network.input.cardinalities) {
    if (cardinality < 1) return misfit("a categorical column has no values");
    columns += embedding_width(layer, cardinality);
  }
  if (columns < 1) return misfit("the table has no columns to learn from");
  return Shape{columns};
}

Result<Shape> ratings_shape(const Network& network, const Layer& layer, size_t index) {
  TRY(need_first(network, index, InputKind::ratings));
  if (layer.units < 1) return misfit("needs at least 1 dimension");
  if (network.input.users < 1 || network.input.items < 1) return misfit("there are no users or no items");
  return Shape{layer.kind == LayerKind::factorization ? 1 : 2 * layer.units};
}

Result<Shape> text_shape(const Network& network, const Layer& layer, size_t index) {
  TRY(need_first(network, index, InputKind::text));
  if (layer.units < 1) return misfit("needs at least 1 dimension");
  if (network.input.vocabulary < 1) return misfit("the vocabulary is empty");
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

Result<std::vector<std::vector<int64_t>>> infer_shapes(const Network& network) {
  if (network.layers.empty()) return misfit("model.layers is empty");
  Shape shape = input_shape(network.input);
  if (std::any_of(shape.begin(), shape.end(), [](int64_t size) { return size < 0; }) || too_large(shape) ||
      (network.input.kind == InputKind::image && element_count(shape) < 1))
    return misfit(fmt::format("the input's shape is {}", to_text(shape)));
  std::vector<Shape> shapes;
  for (size_t i = 0; i < network.layers.size(); ++i) {
    auto next = layer_shape(network, i, shape);
    if (!next) {
      Error error = next.error();
      error.message = fmt::format("model.layers[{}] ({}): {}", i, describe(network.layers[i]), error.message);
      return fail(error);
    }
    shape = *next;
    if (too_large(shape))
      return misfit(fmt::format("model.layers[{}] ({}): its output of {} is too large", i,
                                describe(network.layers[i]), to_text(shape)));
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
