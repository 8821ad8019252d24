#include "core/train/layers.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/base/strings.h"
#include "core/text/json.h"

namespace mlctl {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<Activation, 7> kActivations = {
    Activation::none, Activation::relu,    Activation::leaky_relu, Activation::gelu,
    Activation::silu, Activation::sigmoid, Activation::tanh};

constexpr std::array<LayerKind, 14> kLayers = {
    LayerKind::conv2d,         LayerKind::batchnorm2d, LayerKind::maxpool2d,
    LayerKind::avgpool2d,      LayerKind::dropout,     LayerKind::dense,
    LayerKind::flatten,        LayerKind::activation,  LayerKind::adaptiveavgpool2d,
    LayerKind::embedding_mean, LayerKind::table_input, LayerKind::resnet18,
    LayerKind::factorization,  LayerKind::rating_input};

template <class Kinds>
auto kind_named(const Kinds& kinds, const std::string& text) {
  const auto found = std::find_if(kinds.begin(), kinds.end(), [&](auto kind) { return text == name(kind); });
  return found == kinds.end() ? std::nullopt : std::optional(*found);
}

std::string suggest(const std::string& text) {
  std::vector<std::string> names;
  for (const LayerKind kind : kLayers) names.emplace_back(name(kind));
  for (const Activation kind : kActivations) names.emplace_back(name(kind));
  const std::string near = did_you_mean(text, names);
  return near.empty() ? "mlctl explain train.spec.model.layers lists the layers"
                      : fmt::format("did you mean {}?", near);
}

auto invalid(size_t index, const std::string& what, const std::string& hint = {}) {
  return fail(Exit::manifest, fmt::format("spec.model.layers[{}]: {}", index, what), hint);
}

// 3 or [3, 5] → height and width.
std::pair<int64_t, int64_t> pair_of(const Json& value) {
  if (value.is_array()) return {value.at(0).get<int64_t>(), value.at(1).get<int64_t>()};
  return {value.get<int64_t>(), value.get<int64_t>()};
}

bool is_pool(LayerKind kind) {
  return kind == LayerKind::maxpool2d || kind == LayerKind::avgpool2d;
}

// The key of the value in the short form of a layer, `name: value`.
const char* main_key(LayerKind kind) {
  switch (kind) {
    case LayerKind::conv2d:
      return "filters";
    case LayerKind::dropout:
      return "rate";
    case LayerKind::activation:
      return "activation";
    case LayerKind::maxpool2d:
    case LayerKind::avgpool2d:
      return "kernel";
    case LayerKind::adaptiveavgpool2d:
      return "size";
    default:
      return "units";
  }
}

struct Reader {
  size_t index = 0;
  int64_t outputs = 0;

  Result<Activation> activation(const Json& value) const {
    const auto text = value.get<std::string>();
    const auto found = kind_named(kActivations, text);
    if (!found) return invalid(index, fmt::format("unknown activation \"{}\"", text), suggest(text));
    return *found;
  }

  Result<int64_t> units(const Json& value) const {
    if (value.is_string() && (value == "classes" || value == "outputs")) return outputs;
    if (!value.is_number_integer() || value.get<int64_t>() < 1) {
      return invalid(index, fmt::format("{} is not a number of units", dump_json(value)),
                     "write a number, or `classes` for one per class");
    }
    return value.get<int64_t>();
  }

  Result<> set(Layer& layer, const std::string& key, const Json& value) const {
    if (key == "filters" || key == "units") {
      layer.units = TRY(units(value));
    } else if (key == "kernel" || key == "size") {
      std::tie(layer.kernel_h, layer.kernel_w) = pair_of(value);
    } else if (key == "stride") {
      std::tie(layer.stride_h, layer.stride_w) = pair_of(value);
    } else if (key == "padding") {
      std::tie(layer.padding_h, layer.padding_w) = pair_of(value);
    } else if (key == "activation") {
      layer.activation = TRY(activation(value));
    } else if (key == "bias") {
      layer.bias = value.get<bool>();
    } else {
      return set_number(layer, key, value.get<double>());
    }
    return {};
  }

  Result<> set_number(Layer& layer, const std::string& key, double value) const {
    constexpr std::array<std::pair<const char*, double Layer::*>, 4> kNumbers = {
        {{"rate", &Layer::rate},
         {"epsilon", &Layer::epsilon},
         {"momentum", &Layer::momentum},
         {"slope", &Layer::slope}}};
    for (const auto& [name, member] : kNumbers) {
      if (key == name) {
        layer.*member = value;
        return {};
      }
    }
    return invalid(index, fmt::format("unknown key \"{}\"", key));
  }

  Result<Layer> read(const std::string& kind_text, const Json& body) const {
    const auto kind = kind_named(kLayers, kind_text);
    Layer layer;
    if (!kind) {
      const auto activation = kind_named(kActivations, kind_text);
      if (!activation)
        return invalid(index, fmt::format("unknown layer \"{}\"", kind_text), suggest(kind_text));
      layer.kind = LayerKind::activation;
      layer.activation = *activation;
    } else {
      layer.kind = *kind;
    }
    if (layer.kind == LayerKind::conv2d) layer.kernel_h = layer.kernel_w = 3;
    if (!body.is_null() && !body.is_object()) TRY(set(layer, main_key(layer.kind), body));
    if (body.is_object()) {
      for (const auto& [key, value] : body.items()) TRY(set(layer, key, value));
    }
    const bool strided = body.is_object() && body.contains("stride");
    if (is_pool(layer.kind) && !strided) {
      layer.stride_h = layer.kernel_h;
      layer.stride_w = layer.kernel_w;
    }
    return layer;
  }
};

Result<Layer> read_layer(const Json& item, size_t index, int64_t outputs) {
  const Reader reader{index, outputs};
  if (item.is_string()) return reader.read(item.get<std::string>(), nullptr);
  if (!item.is_object() || item.size() != 1) {
    return invalid(index, "a layer is a name, or a map of one name", "for example: - dense: {units: 64}");
  }
  return reader.read(item.begin().key(), item.begin().value());
}

Layer dense(int64_t units, Activation activation = Activation::none) {
  Layer layer;
  layer.units = units;
  layer.activation = activation;
  return layer;
}

Layer plain(LayerKind kind, int64_t units = 0) {
  Layer layer;
  layer.kind = kind;
  layer.units = units;
  return layer;
}

void add_dropout(std::vector<Layer>& layers, double rate) {
  if (rate <= 0) return;
  layers.push_back(plain(LayerKind::dropout));
  layers.back().rate = rate;
}

void add_hidden(std::vector<Layer>& layers, const std::vector<int64_t>& sizes, Activation activation,
                double dropout) {
  for (const int64_t units : sizes) {
    layers.push_back(dense(units, activation));
    add_dropout(layers, dropout);
  }
}

// Each block: convolution, ReLU, 2×2 max-pool. Small pictures are padded, so that they last for the blocks.
std::vector<Layer> cnn(const Json& model, const InputSpec& input, int64_t outputs) {
  constexpr int64_t kPadBelow = 28;
  const auto kernel = model.at("kernel").get<int64_t>();
  const int64_t padding = std::min(input.height, input.width) < kPadBelow ? kernel / 2 : 0;
  std::vector<Layer> layers;
  for (const auto filters : model.at("filters").get<std::vector<int64_t>>()) {
    Layer conv = plain(LayerKind::conv2d, filters);
    conv.kernel_h = conv.kernel_w = kernel;
    conv.padding_h = conv.padding_w = padding;
    const bool normalise = model.at("batchnorm").get<bool>();
    if (!normalise) conv.activation = Activation::relu;
    layers.push_back(conv);
    if (normalise) {
      layers.push_back(plain(LayerKind::batchnorm2d));
      layers.back().activation = Activation::relu;
    }
    layers.push_back(plain(LayerKind::maxpool2d));
    layers.back().kernel_h = layers.back().kernel_w = 2;
    layers.back().stride_h = layers.back().stride_w = 2;
  }
  layers.push_back(plain(LayerKind::flatten));
  const auto dropout = model.at("dropout").get<double>();
  add_hidden(layers, model.at("dense").get<std::vector<int64_t>>(), Activation::relu, dropout);
  layers.push_back(dense(outputs));
  return layers;
}

Result<std::vector<Layer>> perceptron(const Json& model, int64_t outputs, Layer first) {
  const Reader reader{};
  const Activation activation = TRY(reader.activation(model.value("activation", Json("relu"))));
  std::vector<Layer> layers = {first};
  if (first.kind == LayerKind::embedding_mean) add_dropout(layers, model.at("dropout").get<double>());
  add_hidden(layers, model.at("hidden").get<std::vector<int64_t>>(), activation,
             model.at("dropout").get<double>());
  layers.push_back(dense(outputs));
  return layers;
}

std::vector<Layer> linear(const InputSpec& input, int64_t outputs) {
  const LayerKind first = input.kind == InputKind::image ? LayerKind::flatten : LayerKind::table_input;
  return {plain(first), dense(outputs)};
}

Result<std::vector<Layer>> recommender(const Json& model, int64_t outputs) {
  const auto dimensions = model.at("dimensions").get<int64_t>();
  if (model.at("hidden").empty()) return std::vector<Layer>{plain(LayerKind::factorization, dimensions)};
  return perceptron(model, outputs, plain(LayerKind::rating_input, dimensions));
}

struct NamedModel {
  const char* name;
  std::vector<InputKind> inputs;
};

Result<> check_input(const std::string& model, const InputSpec& input) {
  const std::vector<NamedModel> models = {
      {"cnn", {InputKind::image}}, {"resnet18", {InputKind::image}},
      {"mlp", {InputKind::table}}, {"linear", {InputKind::table, InputKind::image}},
      {"text", {InputKind::text}}, {"recommender", {InputKind::ratings}}};
  std::vector<std::string> fitting, names;
  for (const NamedModel& each : models) {
    const bool fits = std::find(each.inputs.begin(), each.inputs.end(), input.kind) != each.inputs.end();
    if (each.name == model && fits) return {};
    names.emplace_back(each.name);
    if (fits) fitting.emplace_back(each.name);
  }
  if (std::find(names.begin(), names.end(), model) == names.end()) {
    const std::string near = did_you_mean(model, names);
    return fail(Exit::manifest, fmt::format("unknown model \"{}\"", model),
                near.empty() ? "the models are " + join(names, ", ") : fmt::format("did you mean {}?", near));
  }
  return fail(Exit::data, fmt::format("the model {} does not take {} data", model, name(input.kind)),
              fmt::format("models for {} data: {}", name(input.kind), join(fitting, ", ")));
}

Result<std::vector<Layer>> named_layers(const Json& model, const InputSpec& input, int64_t outputs) {
  const auto which = model.at("name").get<std::string>();
  TRY(check_input(which, input));
  if (which == "cnn") return cnn(model, input, outputs);
  if (which == "resnet18") return std::vector<Layer>{plain(LayerKind::resnet18)};
  if (which == "linear") return linear(input, outputs);
  if (which == "mlp") return perceptron(model, outputs, plain(LayerKind::table_input));
  if (which == "text") {
    return perceptron(model, outputs, plain(LayerKind::embedding_mean, model.at("embedding").get<int64_t>()));
  }
  return recommender(model, outputs);
}

// The layer with which every network over that input begins, if the list leaves it out.
std::optional<Layer> missing_first(const std::vector<Layer>& layers, const InputSpec& input) {
  const bool has =
      !layers.empty() &&
      (layers.front().kind == LayerKind::table_input || layers.front().kind == LayerKind::embedding_mean ||
       layers.front().kind == LayerKind::factorization || layers.front().kind == LayerKind::rating_input);
  if (has || input.kind == InputKind::image) return std::nullopt;
  constexpr int64_t kEmbedding = 32;
  if (input.kind == InputKind::table) return plain(LayerKind::table_input);
  return plain(input.kind == InputKind::text ? LayerKind::embedding_mean : LayerKind::rating_input,
               kEmbedding);
}

Result<std::vector<Layer>> listed_layers(const Json& list, const InputSpec& input, int64_t outputs) {
  std::vector<Layer> layers;
  for (size_t i = 0; i < list.size(); ++i) layers.push_back(TRY(read_layer(list[i], i, outputs)));
  if (const auto first = missing_first(layers, input)) layers.insert(layers.begin(), *first);
  return layers;
}

}  // namespace

Result<Network> build_network(const Json& model, const InputSpec& input, int64_t outputs) {
  return decode_json("spec.model", Exit::manifest, [&]() -> Result<Network> {
    Network network;
    network.input = input;
    network.outputs = outputs;
    network.layers = TRY(model.contains("layers") ? listed_layers(model.at("layers"), input, outputs)
                                                  : named_layers(model, input, outputs));
    TRY(infer_shapes(network));
    return network;
  });
}

}  // namespace mlctl
