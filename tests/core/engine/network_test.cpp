#include "core/engine/network.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "core/engine/parameters.h"

using namespace mlctl;

namespace {

Layer conv(int64_t filters, int64_t kernel) {
  Layer layer{.kind = LayerKind::conv2d, .units = filters, .activation = Activation::relu};
  layer.kernel_h = layer.kernel_w = kernel;
  return layer;
}

Layer pool(int64_t size) {
  Layer layer{.kind = LayerKind::maxpool2d};
  layer.kernel_h = layer.kernel_w = layer.stride_h = layer.stride_w = size;
  return layer;
}

Layer dense(int64_t units, Activation activation = Activation::none) {
  return Layer{.kind = LayerKind::dense, .units = units, .activation = activation};
}

Network cnn() {
  Network network;
  network.input = {.kind = InputKind::image, .channels = 1, .height = 28, .width = 28};
  network.layers = {conv(32, 3),
                    pool(2),
                    conv(64, 3),
                    pool(2),
                    Layer{.kind = LayerKind::flatten},
                    dense(64, Activation::relu),
                    Layer{.kind = LayerKind::dropout, .rate = 0.5},
                    dense(10)};
  network.outputs = 10;
  return network;
}

std::vector<std::string> names_of(const Network& network) {
  std::vector<std::string> names;
  const auto table = parameters(network).value();
  for (const Parameter& parameter : table) names.push_back(parameter.name);
  return names;
}

}  // namespace

TEST_CASE("shapes follow the layers") {
  const auto shapes = infer_shapes(cnn()).value();
  CHECK(shapes[0] == std::vector<int64_t>{32, 26, 26});
  CHECK(shapes[3] == std::vector<int64_t>{64, 5, 5});
  CHECK(shapes[4] == std::vector<int64_t>{1600});
  CHECK(shapes.back() == std::vector<int64_t>{10});
}

TEST_CASE("a layer that does not fit is named") {
  Network network = cnn();
  network.input.height = network.input.width = 8;
  const auto shapes = infer_shapes(network);
  REQUIRE_FALSE(shapes);
  CHECK(shapes.error().code == Exit::data);
  CHECK(shapes.error().message == "model.layers[3] (maxpool2d 2): input is 1×1");
}

TEST_CASE("networks that cannot be are refused") {
  const auto refuse = [](const auto& change) {
    Network network = cnn();
    change(network);
    const auto shapes = infer_shapes(network);
    return shapes ? std::string("accepted") : shapes.error().message;
  };
  CHECK(refuse([](Network& n) { n.layers.clear(); }) == "model.layers is empty");
  CHECK(refuse([](Network& n) { n.outputs = 3; }) ==
        "model.layers[7] (dense 10): the last layer yields 10, the task needs 3");
  CHECK(refuse([](Network& n) { n.layers.erase(n.layers.begin() + 4); }) ==
        "model.layers[4] (dense 64): its input is 64×5×5");
  CHECK(refuse([](Network& n) { n.layers[0].units = 0; }) ==
        "model.layers[0] (conv2d 0 filters of 3×3): needs at least 1 filter");
  CHECK(refuse([](Network& n) { n.layers[1].stride_h = 0; }) ==
        "model.layers[1] (maxpool2d 2): kernel and stride start at 1, padding at 0");
  CHECK(refuse([](Network& n) { n.layers[6].rate = 1; }) ==
        "model.layers[6] (dropout): the rate is at least 0 and below 1");
  CHECK(refuse([](Network& n) { n.layers[0] = {.kind = LayerKind::embedding_mean, .units = 4}; }) ==
        "model.layers[0] (embedding_mean): reads text, the input is image");
  CHECK(refuse([](Network& n) { n.input.height = int64_t{1} << 40; }) ==
        "the input's shape is 1×1099511627776×28; from 1 to 67108864 values are computed with");
}

TEST_CASE("tensors are named as in PyTorch's nn.Sequential, activations counted") {
  CHECK(names_of(cnn()) == std::vector<std::string>{"0.weight", "0.bias", "3.weight", "3.bias", "7.weight",
                                                    "7.bias", "10.weight", "10.bias"});
  CHECK(parameter_count(cnn()) == 32 * 9 + 32 + 64 * 32 * 9 + 64 + 64 * 1600 + 64 + 640 + 10);
}

TEST_CASE("resnet18 has torchvision's tensors") {
  Network network;
  network.input = {.kind = InputKind::image, .channels = 3, .height = 64, .width = 64};
  network.layers = {Layer{.kind = LayerKind::resnet18}};
  network.outputs = 1000;
  CHECK(parameter_count(network) == 11689512);
  const auto names = names_of(network);
  CHECK(names.size() == 122);
  CHECK(names.front() == "conv1.weight");
  CHECK(names.back() == "fc.bias");
  network.layers.push_back(dense(10));
  CHECK_FALSE(infer_shapes(network));
}

TEST_CASE("a table's categories get embeddings of their own") {
  Network network;
  network.input = {.kind = InputKind::table, .numeric = 3, .cardinalities = {5, 200}};
  network.layers = {Layer{.kind = LayerKind::table_input}, dense(1)};
  network.outputs = 1;
  CHECK(infer_shapes(network).value()[0] == std::vector<int64_t>{3 + 3 + 50});
  CHECK(names_of(network) ==
        std::vector<std::string>{"0.embeddings.0.weight", "0.embeddings.1.weight", "1.weight", "1.bias"});
}

TEST_CASE("a network survives JSON") {
  Network network = cnn();
  network.output_mean = 3.5;
  network.layers[0].bias = false;
  network.layers[6].rate = 0.25;
  const auto document = to_json(network);
  const auto read = network_from_json(document);
  REQUIRE(read);
  CHECK(to_json(*read) == document);
  CHECK(read->layers[1].stride_w == 2);
  CHECK(read->output_mean == 3.5);
}

TEST_CASE("a broken network document is an error, not an exception") {
  auto document = to_json(cnn());
  document["layers"][0]["kind"] = "conv3d";
  const auto read = network_from_json(document);
  REQUIRE_FALSE(read);
  CHECK(read.error().message == "layers[0].kind: unknown layer 'conv3d'");
  CHECK(read.error().hint == "did you mean 'conv2d'?");
  CHECK_FALSE(network_from_json(nlohmann::json::parse(R"({"input": {"kind": "image"}})")));
  CHECK_FALSE(network_from_json(nlohmann::json::parse(R"([1])")));
}

TEST_CASE("the same seed draws the same weights, another seed others") {
  const auto first = initial_weights(cnn(), 7).value();
  CHECK(first.at("3.weight").bytes == initial_weights(cnn(), 7)->at("3.weight").bytes);
  CHECK(first.at("3.weight").bytes != initial_weights(cnn(), 8)->at("3.weight").bytes);
  const auto* values = reinterpret_cast<const float*>(first.at("3.weight").bytes.data());
  for (int i = 0; i < 64 * 32 * 9; ++i) REQUIRE(std::abs(values[i]) <= 1 / std::sqrt(32 * 9.0));
}
