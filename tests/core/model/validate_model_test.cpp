#include <doctest/doctest.h>

#include "core/base/limits.h"
#include "core/engine/parameters.h"
#include "core/model/package.h"
#include "core/text/json.h"
#include "fakes/listed_file.h"
#include "fakes/temp_folder.h"

using namespace mlctl;

using Json = nlohmann::ordered_json;

namespace {

Layer layer(LayerKind kind, int64_t units = 0) {
  Layer made;
  made.kind = kind;
  made.units = units;
  return made;
}

Model classifier(InputKind kind, std::vector<Layer> layers) {
  Model model;
  model.classes = {"no", "yes"};
  model.network.outputs = 2;
  model.network.layers = std::move(layers);
  model.network.layers.push_back(layer(LayerKind::dense, 2));
  model.metrics = {{"accuracy", 0.5}};
  model.training = {{"epochs", 3}};
  model.lineage = {{"command", "train"}};
  model.statistics = {{"x", false, 9, 0, 1, 1, 0, 2, {1}, {4, 5}, {}}};
  model.files = {test::entry("weights.safetensors", "w")};
  model.preprocess.image = {8, 8, 3, {0.5, 0.5, 0.5}, {0.2, 0.2, 0.2}};
  model.preprocess.text = {true, 10, 2, 0, "text"};
  model.network.input.kind = kind;
  return model;
}

Model text() {
  Model model = classifier(InputKind::text, {layer(LayerKind::embedding_mean, 4)});
  model.network.input = input_of(model.preprocess, InputKind::text);
  return model;
}

Model image() {
  Layer conv = layer(LayerKind::conv2d, 2);
  conv.kernel_h = conv.kernel_w = 3;
  Layer pool = layer(LayerKind::adaptiveavgpool2d);
  pool.kernel_h = pool.kernel_w = 2;
  Model model = classifier(InputKind::image, {conv, pool, layer(LayerKind::flatten)});
  model.network.input = input_of(model.preprocess, InputKind::image);
  return model;
}

Model table() {
  Model model = classifier(InputKind::table, {layer(LayerKind::table_input, 2)});
  model.preprocess.table.columns = {{"age", ColumnType::number, 40, 10, {}},
                                    {"town", ColumnType::category, 0, 1, {"Oslo", "Rome"}}};
  model.network.input = input_of(model.preprocess, InputKind::table);
  return model;
}

Model regression() {
  Model model = table();
  model.task = Task::regression;
  model.classes.clear();
  model.network.outputs = model.network.layers.back().units = 1;
  return model;
}

Model recommender() {
  Model model = classifier(InputKind::ratings, {});
  model.task = Task::recommendation;
  model.classes.clear();
  model.network.outputs = 1;
  model.network.layers = {layer(LayerKind::factorization, 3)};
  model.preprocess.ratings = {{"u", "v"}, {"i"}, 3, 1, 5};
  model.network.input = input_of(model.preprocess, InputKind::ratings);
  return model;
}

// One change to a good document, and the words of its refusal.
struct Change {
  Model (*of)();
  const char* pointer;
  const char* value;  // JSON
  const char* message;
};

const Change kChanges[] = {
    {text, "/kind", R"("Dataset")", "not a model"},
    {text, "/format", "2", "model format 2"},
    {text, "/task", R"("ranking")", "task: unknown task"},
    {text, "/task", R"("regression")", "classes: regression knows none"},
    {text, "/task", R"("recommendation")", "task: recommendation of text data"},
    {text, "/classes", "[]", "classes: 0 of them for 2 outputs"},
    {text, "/classes", R"(["x"])", "classes: 1 of them for 2 outputs"},
    {text, "/classes", R"(["x","y","z"])", "classes: 3 of them for 2 outputs"},
    {text, "/classes", R"(["x","x"])", "classes[1]: \"x\" stands twice"},
    {text, "/metrics", "[1,2]", "metrics: an object is expected"},
    {text, "/training", R"("none")", "training: an object is expected"},
    {text, "/lineage", "5", "lineage: an object is expected"},
    {text, "/preprocess/text/buckets", "0", "preprocess.text.buckets: 0"},
    {text, "/preprocess/text/buckets", "-1", "preprocess.text.buckets: -1"},
    {text, "/preprocess/text/buckets", "1099511627776", "preprocess.text.buckets"},
    {text, "/preprocess/text/buckets", "11",
     "network.input: a vocabulary of 11, the preprocessing yields a vocabulary of 12"},
    {text, "/preprocess/text/buckets", "1.5", "preprocess.text.buckets: a whole number"},
    {text, "/preprocess/text/ngrams", "4611686018427387904", "preprocess.text.ngrams"},
    {text, "/preprocess/text/ngrams", "0", "preprocess.text.ngrams"},
    {text, "/preprocess/text/maxTokens", "-1", "preprocess.text.maxTokens: -1"},
    {text, "/network/input/vocabulary", "1099511627776", "network"},
    {text, "/network/input/vocabulary", "2147483647", "network.input: a vocabulary"},
    {text, "/network/input/kind", R"("sound")", "network.input.kind: unknown input 'sound'"},
    {text, "/network/layers/0/kind", R"("lstm")", "network.layers[0].kind: unknown layer"},
    {text, "/network/layers/0/units", "4611686018427387904", "network: model.layers[0]"},
    {text, "/network/layers/0/units", "2147483647", "network: model.layers[0]"},
    {text, "/network/layers/0/units", R"("many")", "network.layers[0].units: a whole number"},
    {text, "/network/layers", "[]", "network: model.layers is empty"},
    {text, "/network/outputs", "3", "network: model.layers[1]"},
    {image, "/preprocess/image/channels", "0", "preprocess.image.channels: 0"},
    {image, "/preprocess/image/channels", "-1", "preprocess.image.channels: -1"},
    {image, "/preprocess/image/channels", "100000", "preprocess.image.channels"},
    {image, "/preprocess/image/channels", "1", "preprocess.image.mean: 3 of them for 1 channels"},
    {image, "/preprocess/image/mean", "[]", "preprocess.image.mean: 0 of them for 3"},
    {image, "/preprocess/image/stddev", "[]", "preprocess.image.stddev: 0 of them for 3"},
    {image, "/preprocess/image/stddev", "[0,0,0]", "preprocess.image.stddev: 0"},
    {image, "/preprocess/image/stddev", "[1,1,null]", "preprocess.image.stddev: a list"},
    {image, "/preprocess/image/size", "[0,0]", "preprocess.image.size[0]: 0"},
    {image, "/preprocess/image/size", "[-1,-1]", "preprocess.image.size[0]: -1"},
    {image, "/preprocess/image/size", "[8,1048576]", "preprocess.image.size[1]"},
    {image, "/preprocess/image/size", "[8,9]", "network.input: 3×8×8, the preprocessing yields 3×8×9"},
    {image, "/preprocess/image/size", "[8]", "preprocess.image.size: a list with 2 elements"},
    {image, "/network/input", R"({"kind":"image","channels":1,"height":32768,"width":65535})",
     "network: the input's shape is 1×32768×65535"},
    {image, "/network/layers",
     R"([{"kind":"conv2d","units":1,"kernelHeight":0,"kernelWidth":1},{"kind":"flatten"},{"kind":"dense","units":2}])",
     "kernel and stride start at 1"},
    {image, "/network/layers",
     R"([{"kind":"conv2d","units":1,"kernelHeight":1,"kernelWidth":1,"strideWidth":0},{"kind":"flatten"},{"kind":"dense","units":2}])",
     "kernel and stride start at 1"},
    {image, "/network/layers",
     R"([{"kind":"conv2d","units":1,"kernelHeight":1,"kernelWidth":1,"paddingHeight":4611686018427387904},{"kind":"flatten"},{"kind":"dense","units":2}])",
     "its kernel, stride or padding is too large"},
    {image, "/network/layers",
     R"([{"kind":"conv2d","units":1,"kernelHeight":1,"kernelWidth":1,"paddingHeight":-1},{"kind":"flatten"},{"kind":"dense","units":2}])",
     "padding at 0"},
    {image, "/network/layers",
     R"([{"kind":"conv2d","units":1,"kernelHeight":1,"kernelWidth":4611686018427387904},{"kind":"flatten"},{"kind":"dense","units":2}])",
     "its kernel, stride or padding is too large"},
    {image, "/network/layers",
     R"([{"kind":"conv2d","units":1073741824,"kernelHeight":1,"kernelWidth":1},{"kind":"flatten"},{"kind":"dense","units":2}])",
     "too large"},
    {image, "/network/layers",
     R"([{"kind":"conv2d","units":1,"kernelHeight":1,"kernelWidth":1,"paddingHeight":33554432},{"kind":"flatten"},{"kind":"dense","units":2}])",
     "too large"},
    {table, "/preprocess/table/columns", "[]", "network.input: 1 numbers and 1 categories"},
    {table, "/preprocess/table/columns/0/type", R"("blob")", "preprocess.table.columns[0].type: \"blob\""},
    {table, "/preprocess/table/columns/0/type", R"("text")", "preprocess.table.columns[0].type: a text"},
    {table, "/preprocess/table/columns/0/stddev", "0", "preprocess.table.columns[0].stddev: 0"},
    {table, "/preprocess/table/columns/1/name", R"("age")",
     "preprocess.table.columns[1]: \"age\" stands twice"},
    {table, "/preprocess/table/columns/1/categories", R"(["a","b","c"])",
     "network.input.cardinalities[0]: 3, the preprocessing yields 4 codes"},
    {table, "/preprocess/table/columns/1/categories", R"(["a","a"])",
     "columns[1].categories[1]: \"a\" stands twice"},
    {table, "/preprocess/table/targetStddev", "0", "preprocess.table.targetStddev"},
    {table, "/network/input/cardinalities", "[4611686018427387904]", "network: model.layers[0]"},
    {table, "/network/input/cardinalities", "[9223372036854775807]", "network: model.layers[0]"},
    {table, "/network/input/cardinalities", "[0]", "network: model.layers[0]"},
    {table, "/network/input/cardinalities", "[]", "network"},
    {table, "/network/input/numeric", "2147483647", "network"},
    {table, "/network/input/numeric", "-1", "network"},
    {regression, "/network/outputs", "2", "network"},
    {regression, "/classes", R"(["a"])", "classes: regression knows none"},
    {regression, "/task", R"("classification")", "classes: 0 of them for 1 outputs"},
    {recommender, "/network/input/users", "4611686018427387904", "network: model.layers[0]"},
    {recommender, "/network/input/users", "1099511627776", "network"},
    {recommender, "/network/input/items", "9", "network.input: 3 users and 9 items"},
    {recommender, "/network/layers/0/units", "4611686018427387904", "network: model.layers[0]"},
    {recommender, "/preprocess/ratings/min", "6", "preprocess.ratings.min: 6, above the max of 5"},
    {recommender, "/preprocess/ratings/users", R"(["u","u"])",
     "preprocess.ratings.users[1]: \"u\" stands twice"},
    {text, "/statistics/0/bins", "[]", "statistics[0].bins: 0 of them for 2"},
    {text, "/files", "[]", "files: weights.safetensors is not listed"},
    {text, "/files/0/path", R"("/etc/passwd")", "files[0].path: the path \"/etc/passwd\" is absolute"},
    {text, "/files/0/path", R"(".")", "files[0].path"},
    {text, "/files/0/path", R"("other.safetensors")", "files: weights.safetensors is not listed"},
    {text, "/files/0/sha256", R"("0")", "files[0].sha256: \"0\" is not a SHA-256"},
};

}  // namespace

TEST_CASE("models of each kind are read back") {
  for (const auto& make : {text, image, table, regression, recommender}) {
    const auto read = model_from_json(to_json(make()), "model.json");
    REQUIRE_MESSAGE(read, read.error().message);
    CHECK(to_json(*read) == to_json(make()));
  }
}

TEST_CASE("a model.json that contradicts itself is refused with its key") {
  for (const Change& change : kChanges) {
    CAPTURE(change.pointer);
    CAPTURE(change.value);
    Json document = to_json(change.of());
    document[Json::json_pointer(change.pointer)] = Json::parse(change.value);
    const auto read = model_from_json(document, "m/model.json");
    REQUIRE(!read);
    CHECK(read.error().code == Exit::integrity);
    CHECK(read.error().where == "m/model.json");
    CHECK(!read.error().hint.empty());
    CHECK_MESSAGE(read.error().message.find(change.message) != std::string::npos, read.error().message);
  }
}

TEST_CASE("more layers than any network has are refused") {
  Model model = text();
  model.network.layers.insert(model.network.layers.begin() + 1, limits::kLayers, layer(LayerKind::dropout));
  CHECK(model_from_json(to_json(model), "m").error().message.find("at most are read") != std::string::npos);
  CHECK(!infer_shapes(model.network));
}

TEST_CASE("the weights must be the network's own tensors") {
  const test::TempFolder folder;
  const Model model = text();
  const TensorMap good = initial_weights(model.network, 1).value();
  const struct {
    const char* what;
    std::function<void(TensorMap&)> change;
    const char* message;  // "" is read
  } cases[] = {{"as they are", [](TensorMap&) {}, ""},
               {"one is missing", [](TensorMap& w) { w.erase("1.bias"); }, "lack the tensor 1.bias"},
               {"one too many", [](TensorMap& w) { w["2.bias"] = w["1.bias"]; }, "has no tensor 2.bias"},
               {"another shape",
                [](TensorMap& w) {
                  w["1.bias"].shape = {2, 1};
                },
                "1.bias is F32 [2, 1], the network needs F32 [2]"},
               {"another type",
                [](TensorMap& w) {
                  w["1.bias"] = {DType::f64, {2}, std::string(16, 'x')};
                },
                "is F64"},
               {"none at all", [](TensorMap& w) { w.clear(); }, "lack the tensor"}};
  for (const auto& each : cases) {
    CAPTURE(each.what);
    TensorMap weights = good;
    each.change(weights);
    REQUIRE(write_model(folder / "m", model, weights));
    const auto read = open_package(folder / "m");
    CHECK(read.has_value() == (*each.message == 0));
    if (read) continue;
    CHECK(read.error().code == Exit::integrity);
    CHECK_MESSAGE(read.error().message.find(each.message) != std::string::npos, read.error().message);
  }
}
