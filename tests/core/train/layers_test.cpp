#include "core/train/layers.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "core/train/spec.h"

using namespace mlctl;
using Json = nlohmann::ordered_json;

namespace {

InputSpec image(int64_t side, int64_t channels = 3) {
  InputSpec input;
  input.kind = InputKind::image;
  input.height = input.width = side;
  input.channels = channels;
  return input;
}

InputSpec table() {
  InputSpec input;
  input.numeric = 2;
  input.cardinalities = {4};
  return input;
}

const Json kRabbits = Json::parse(R"([
  {"conv2d": {"filters": 32, "kernel": 3, "activation": "relu"}}, {"maxpool2d": 2},
  {"conv2d": {"filters": 64, "kernel": 3, "activation": "relu"}}, {"maxpool2d": 2},
  {"conv2d": {"filters": 128, "kernel": 3, "activation": "relu"}}, {"maxpool2d": 2},
  "flatten", {"dense": {"units": 128, "activation": "relu"}}, {"dropout": 0.5}, {"dense": {"units": "classes"}}])");

}  // namespace

TEST_CASE("layers: the manifest's example is the network it spells") {
  const auto network = build_network({{"layers", kRabbits}}, image(100), 2);
  REQUIRE_MESSAGE(network, network.error().message);
  REQUIRE(network->layers.size() == 10);
  CHECK(network->layers[0].units == 32);
  CHECK(network->layers[0].activation == Activation::relu);
  CHECK(network->layers[1].stride_h == 2);
  CHECK(network->layers[8].rate == 0.5);
  CHECK(network->layers[9].units == 2);
  CHECK(infer_shapes(*network)->at(6) == std::vector<int64_t>{12800});
}

TEST_CASE("layers: sizes may differ by side, activations stand alone") {
  const Json layers =
      Json::parse(R"([{"conv2d": {"filters": 4, "kernel": [3, 5], "padding": [1, 2], "bias": false}},
    {"batchnorm2d": {"momentum": 0.2}}, "gelu", {"avgpool2d": {"kernel": 2, "stride": 1}}, {"adaptiveavgpool2d": [2, 1]},
    "flatten", {"dense": "classes"}])");
  const auto network = build_network({{"layers", layers}}, image(10), 3);
  REQUIRE_MESSAGE(network, network.error().message);
  CHECK(network->layers[0].kernel_w == 5);
  CHECK(!network->layers[0].bias);
  CHECK(network->layers[1].momentum == 0.2);
  CHECK(network->layers[2].kind == LayerKind::activation);
  CHECK(network->layers[3].stride_h == 1);
  CHECK(network->layers[4].kernel_h == 2);
}

TEST_CASE("layers: a list over a table begins with its columns") {
  const auto network =
      build_network({{"layers", Json::parse(R"([{"dense": 8}, "relu", {"dense": "outputs"}])")}}, table(), 1);
  REQUIRE_MESSAGE(network, network.error().message);
  CHECK(network->layers.front().kind == LayerKind::table_input);
  CHECK(network->layers.back().units == 1);
}

TEST_CASE("layers: what does not fit is named") {
  const struct {
    const char* layers;
    Exit code;
    const char* message;
  } cases[] = {{R"(["maxpol2d"])", Exit::manifest, "layers[0]"},
               {R"([{"dense": {"units": 8, "unit": 3}}])", Exit::manifest, "unit"},
               {R"([{"dense": "many"}])", Exit::manifest, "units"},
               {R"([{"conv2d": {"filters": "x"}}])", Exit::manifest, "layers[0]"},
               {R"([{"conv2d": {"filters": 4, "activation": "rleu"}}])", Exit::manifest, "rleu"},
               {R"([{"a": 1, "b": 2}])", Exit::manifest, "layers[0]"},
               {R"([{"dense": {"units": 8, "bias": 3}}])", Exit::manifest, "boolean"},
               {R"([{"maxpool2d": 2}, {"maxpool2d": 2}, {"maxpool2d": 2}, {"maxpool2d": 2}])", Exit::data,
                "maxpool2d"},
               {R"([{"dense": "classes"}])", Exit::data, "dense"}};
  for (const auto& each : cases) {
    CAPTURE(each.layers);
    const auto network = build_network({{"layers", Json::parse(each.layers)}}, image(8), 2);
    REQUIRE(!network);
    CHECK(network.error().code == each.code);
    CHECK_MESSAGE(network.error().message.find(each.message) != std::string::npos, network.error().message);
  }
}

TEST_CASE("layers: a model for other data is 7 and says which fit; an unknown one 3") {
  const auto other = build_network({{"name", "recommender"}}, image(28), 2);
  CHECK(other.error().code == Exit::data);
  CHECK(other.error().hint.find("resnet18") != std::string::npos);
  const auto unknown = build_network({{"name", "cn"}}, image(28), 2);
  CHECK(unknown.error().code == Exit::manifest);
  CHECK(unknown.error().hint.find("cnn") != std::string::npos);
}

TEST_CASE("layers: the default model of every dataset kind builds, down to tiny pictures") {
  for (const int64_t side : {1, 4, 8, 20, 28, 32, 64, 96, 128}) {
    CAPTURE(side);
    Dataset dataset;
    dataset.kind = DatasetKind::image;
    dataset.classes = {"a", "b"};
    dataset.splits["train"].samples = 100;
    const auto spec = with_defaults({{"image", {{"size", {side, side}}}}}, dataset);
    REQUIRE(spec);
    const auto network = build_network((*spec)["model"], image(side), 2);
    CHECK_MESSAGE(network, (network ? "" : network.error().message));
  }
}
