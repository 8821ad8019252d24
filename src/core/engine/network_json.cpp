// The network inside model.json. Fields at their defaults are left out.

#include <algorithm>
#include <array>
#include <utility>

#include "core/base/strings.h"
#include "core/engine/network_json.h"

#include "core/text/json_fields.h"

namespace mlctl {
namespace {

constexpr std::array<std::pair<InputKind, const char*>, 4> kInputs = {{{InputKind::image, "image"},
                                                                       {InputKind::table, "table"},
                                                                       {InputKind::text, "text"},
                                                                       {InputKind::ratings, "ratings"}}};

constexpr std::array<std::pair<Activation, const char*>, 7> kActivations = {
    {{Activation::none, "none"},
     {Activation::relu, "relu"},
     {Activation::leaky_relu, "leaky_relu"},
     {Activation::gelu, "gelu"},
     {Activation::silu, "silu"},
     {Activation::sigmoid, "sigmoid"},
     {Activation::tanh, "tanh"}}};

constexpr std::array<std::pair<LayerKind, const char*>, 14> kLayers = {
    {{LayerKind::conv2d, "conv2d"},
     {LayerKind::batchnorm2d, "batchnorm2d"},
     {LayerKind::maxpool2d, "maxpool2d"},
     {LayerKind::avgpool2d, "avgpool2d"},
     {LayerKind::adaptiveavgpool2d, "adaptiveavgpool2d"},
     {LayerKind::dropout, "dropout"},
     {LayerKind::dense, "dense"},
     {LayerKind::flatten, "flatten"},
     {LayerKind::activation, "activation"},
     {LayerKind::embedding_mean, "embedding_mean"},
     {LayerKind::table_input, "table_input"},
     {LayerKind::resnet18, "resnet18"},
     {LayerKind::factorization, "factorization"},
     {LayerKind::rating_input, "rating_input"}}};

template <class Table, class Kind>
const char* name_in(const Table& table, Kind kind) {
  return std::find_if(table.begin(), table.end(), [&](const auto& row) { return row.first == kind; })->second;
}

template <class Kind, class Table>
Result<Kind> kind_in(const Table& table, const char* what, const Fields& fields, const char* key = "kind") {
  const std::string text = fields.get<std::string>(key);
  for (const auto& [kind, each] : table)
    if (text == each) return kind;
  std::vector<std::string> names;
  for (const auto& row : table) names.emplace_back(row.second);
  const std::string near = did_you_mean(text, names);
  return fail(fields.wrong(key, {Exit::data,
                                 std::string("unknown ") + what + " '" + text + "'",
                                 {},
                                 near.empty() ? "" : "did you mean '" + near + "'?",
                                 {}}));
}

// The integers of InputSpec and Layer, by name.
constexpr std::array<std::pair<const char*, int64_t InputSpec::*>, 7> kInputFields = {
    {{"channels", &InputSpec::channels},
     {"height", &InputSpec::height},
     {"width", &InputSpec::width},
     {"numeric", &InputSpec::numeric},
     {"vocabulary", &InputSpec::vocabulary},
     {"users", &InputSpec::users},
     {"items", &InputSpec::items}}};

constexpr std::array<std::pair<const char*, int64_t Layer::*>, 7> kLayerIntegers = {
    {{"units", &Layer::units},
     {"kernelHeight", &Layer::kernel_h},
     {"kernelWidth", &Layer::kernel_w},
     {"strideHeight", &Layer::stride_h},
     {"strideWidth", &Layer::stride_w},
     {"paddingHeight", &Layer::padding_h},
     {"paddingWidth", &Layer::padding_w}}};

constexpr std::array<std::pair<const char*, double Layer::*>, 4> kLayerNumbers = {
    {{"rate", &Layer::rate},
     {"epsilon", &Layer::epsilon},
     {"momentum", &Layer::momentum},
     {"slope", &Layer::slope}}};

template <class Struct, class Table>
void put(nlohmann::json& document, const Struct& value, const Table& table) {
  const Struct defaults;
  for (const auto& [key, member] : table)
    if (value.*member != defaults.*member) document[key] = value.*member;
}

template <class Struct, class Table>
void take(const Fields& document, Struct& value, const Table& table) {
  for (const auto& [key, member] : table) value.*member = document.get_or(key, value.*member);
}

nlohmann::json layer_to_json(const Layer& layer) {
  nlohmann::json document = {{"kind", name(layer.kind)}};
  put(document, layer, kLayerIntegers);
  put(document, layer, kLayerNumbers);
  if (!layer.bias) document["bias"] = false;
  if (layer.activation != Activation::none) document["activation"] = name(layer.activation);
  return document;
}

Result<Layer> layer_from_json(const Fields& document) {
  Layer layer;
  layer.kind = TRY(kind_in<LayerKind>(kLayers, "layer", document));
  take(document, layer, kLayerIntegers);
  take(document, layer, kLayerNumbers);
  layer.bias = document.get_or("bias", true);
  if (document.has("activation"))
    layer.activation = TRY(kind_in<Activation>(kActivations, "activation", document, "activation"));
  return layer;
}

}  // namespace

const char* name(InputKind kind) {
  return name_in(kInputs, kind);
}

const char* name(Activation activation) {
  return name_in(kActivations, activation);
}

const char* name(LayerKind kind) {
  return name_in(kLayers, kind);
}

nlohmann::json to_json(const Network& network) {
  nlohmann::json input = {{"kind", name(network.input.kind)}};
  put(input, network.input, kInputFields);
  if (!network.input.cardinalities.empty()) input["cardinalities"] = network.input.cardinalities;
  nlohmann::json layers = nlohmann::json::array();
  for (const Layer& layer : network.layers) layers.push_back(layer_to_json(layer));
  nlohmann::json document = {{"input", input}, {"layers", layers}, {"outputs", network.outputs}};
  if (network.output_mean != 0) document["outputMean"] = network.output_mean;
  return document;
}

Result<Network> network_from_json(const Fields& document) {
  Network network;
  const Fields input = document.at("input");
  network.input.kind = TRY(kind_in<InputKind>(kInputs, "input", input));
  take(input, network.input, kInputFields);
  network.input.cardinalities = input.get_or("cardinalities", std::vector<int64_t>{});
  network.layers = TRY(document.each("layers", limits::kLayers, layer_from_json));
  network.outputs = document.get<int64_t>("outputs");
  network.output_mean = document.get_or("outputMean", 0.0);
  return network;
}

Result<Network> network_from_json(const nlohmann::json& document) {
  const nlohmann::ordered_json ordered = document;
  return decode_json("network", Exit::data, [&] { return network_from_json(Fields(ordered)); });
}

}  // namespace mlctl
