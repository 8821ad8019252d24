#include "core/model/package.h"

#include <doctest/doctest.h>

#include "core/sys/fs.h"
#include "fakes/temp_folder.h"

using namespace mlctl;

namespace {

Model small() {
  Model model;
  model.network.input.numeric = 1;
  model.network.outputs = 2;
  Layer input, dense;
  input.kind = LayerKind::table_input;
  dense.units = 2;
  model.network.layers = {input, dense};
  model.preprocess.table.columns = {{"x", ColumnType::number, 1, 2, {}}};
  model.classes = {"a", "b"};
  model.metrics = {{"accuracy", 0.5}};
  model.training = {{"epochs", 3}};
  FeatureStats stats;
  stats.name = "x";
  stats.count = 9;
  stats.edges = {1, 2};
  stats.bins = {3, 3, 3};
  model.statistics = {stats};
  model.lineage = {{"command", "train"}};
  return model;
}

const TensorMap kWeights = {{"1.weight", {DType::f32, {2, 1}, std::string(8, 'w')}},
                            {"1.bias", {DType::f32, {2}, std::string(8, 'b')}}};

}  // namespace

TEST_CASE("model package: what is written reads back") {
  const test::TempFolder folder;
  REQUIRE(write_model(folder / "m", small(), kWeights));
  const auto model = open_model(folder / "m");
  REQUIRE_MESSAGE(model, model.error().message);
  CHECK(model->classes == small().classes);
  CHECK(model->statistics[0].bins == std::vector<int64_t>{3, 3, 3});
  CHECK(model->preprocess.table.columns[0].stddev == 2);
  CHECK(model->network.layers.size() == 2);
  CHECK(model->files[0].path.text() == "weights.safetensors");
  const auto package = open_package(folder / "m");
  REQUIRE_MESSAGE(package, package.error().message);
  CHECK(package->weights.at("1.weight").bytes == std::string(8, 'w'));
  CHECK(model_digest(folder / "m")->size() == 64);
}

TEST_CASE("model package: no model is 5; changed, missing and foreign files are 10") {
  const test::TempFolder folder;
  CHECK(open_model(folder / "none").error().code == Exit::not_found);
  const struct {
    const char* what;
    std::function<void(const std::filesystem::path&)> break_it;
    const char* message;
  } cases[] = {
      {"weights changed",
       [](const auto& m) {
         auto bytes = sys::read_file(m / "weights.safetensors").value();
         bytes.back() = 'x';
         REQUIRE(sys::write_file(m / "weights.safetensors", bytes));
       },
       "SHA-256"},
      {"weights cut", [](const auto& m) { REQUIRE(sys::write_file(m / "weights.safetensors", "x")); },
       "has 1 bytes, model.json says"},
      {"weights gone", [](const auto& m) { REQUIRE(sys::remove_tree(m / "weights.safetensors")); },
       "missing"},
      {"torn", [](const auto& m) { REQUIRE(sys::write_file(m / "model.json", "{\"kind\": \"Mod")); },
       "not valid JSON"},
      {"another document",
       [](const auto& m) { REQUIRE(sys::write_file(m / "model.json", "{\"kind\": \"Dataset\"}")); },
       "not a model"},
      {"a key is missing",
       [](const auto& m) { REQUIRE(sys::write_file(m / "model.json", "{\"kind\": \"Model\"}")); }, "format"},
      {"path outside",
       [](const auto& m) {
         auto text = sys::read_file(m / "model.json").value();
         const std::string name = "\"weights.safetensors\"";
         text.replace(text.find(name), name.size(), "\"../weights.safetensors\"");
         REQUIRE(sys::write_file(m / "model.json", text));
       },
       "outside"}};
  for (const auto& each : cases) {
    CAPTURE(each.what);
    REQUIRE(write_model(folder / "m", small(), kWeights));
    each.break_it(folder / "m");
    const auto model = open_model(folder / "m");
    REQUIRE(!model);
    CHECK(model.error().code == Exit::integrity);
    CHECK_MESSAGE(model.error().message.find(each.message) != std::string::npos, model.error().message);
  }
}
