#include <doctest/doctest.h>

#include "core/data/dataset.h"
#include "core/text/json.h"
#include "fakes/listed_file.h"

using namespace mlctl;

using Json = nlohmann::ordered_json;

namespace {

Dataset table() {
  Dataset dataset;
  dataset.kind = DatasetKind::table;
  dataset.columns = {{"age", ColumnType::number, Role::feature, CellForm::plain, {}},
                     {"town", ColumnType::category, Role::feature, CellForm::plain, {"Oslo", "Rome"}},
                     {"risk", ColumnType::category, Role::label, CellForm::plain, {"high", "low"}}};
  dataset.classes = {"high", "low"};
  dataset.splits["train"] = {3, {test::inside("a.csv"), test::inside("b.csv")}, {2, 1}, {2, 1}};
  dataset.splits["test"] = {1, {test::inside("c.csv")}, {1}, {0, 1}};
  dataset.statistics = {{"age", false, 3, 0, 30, 5, 25, 35, {30, 31}, {1, 1, 1}, {}},
                        {"town", true, 3, 0, 0, 0, 0, 0, {}, {}, {{"Rome", 2}, {"Oslo", 1}}}};
  const std::string bytes(60, 'x');
  dataset.files = {test::entry("a.csv", bytes), test::entry("b.csv", bytes), test::entry("c.csv", bytes)};
  dataset.lineage = {{"command", "ingest"}};
  return dataset;
}

Dataset images() {
  Dataset dataset = table();
  dataset.kind = DatasetKind::image;
  dataset.columns.clear();
  dataset.channel_mean = {0.5, 0.5, 0.5};
  dataset.channel_std = {0.2, 0.2, 0.2};
  return dataset;
}

Dataset ratings() {
  Dataset dataset = table();
  dataset.kind = DatasetKind::ratings;
  dataset.classes.clear();
  for (auto& [name, split] : dataset.splits) split.class_counts.clear();
  dataset.columns = {{"user", ColumnType::category, Role::user, CellForm::plain, {}},
                     {"item", ColumnType::category, Role::item, CellForm::plain, {}},
                     {"stars", ColumnType::number, Role::rating, CellForm::plain, {}}};
  return dataset;
}

Dataset texts() {
  Dataset dataset = table();
  dataset.kind = DatasetKind::text;
  dataset.columns = {{"text", ColumnType::text, Role::feature, CellForm::plain, {}},
                     {"label", ColumnType::category, Role::label, CellForm::plain, {"high", "low"}}};
  return dataset;
}

// One change to a good document, and the words of its refusal.
struct Change {
  Dataset (*of)();
  const char* pointer;
  const char* value;  // JSON
  const char* message;
};

const Change kChanges[] = {
    {table, "/kind", R"("Model")", "not a dataset"},
    {table, "/type", R"("video")", "type: \"video\" is not a kind of dataset"},
    {table, "/columns/0/type", R"("blob")", "columns[0].type: \"blob\""},
    {table, "/columns/0/role", "7", "columns[0].role: a text"},
    {table, "/columns/1/name", R"("age")", "columns[1]: \"age\" stands twice"},
    {table, "/columns/1/categories", R"(["a","a"])", "columns[1].categories[1]: \"a\" stands twice"},
    {table, "/columns/1/role", R"("label")",
     "columns: a table dataset with classes needs one column with the role label"},
    {table, "/columns", "[]", "columns: a table has columns"},
    {table, "/classes", R"(["high","high"])", "classes[1]: \"high\" stands twice"},
    {table, "/classes", R"(["high"])", "splits.test.classCounts: 2 of them for 1 classes"},
    {table, "/classes", "[1,2]", "classes: a list, each of it a text"},
    {table, "/splits/other", R"({"samples":0,"files":[],"fileSamples":[],"classCounts":[0,0]})",
     "splits.other: the splits are"},
    {table, "/splits/train/files/1", R"("/etc/passwd")",
     "splits.train.files[1]: the path \"/etc/passwd\" is absolute"},
    {table, "/splits/train/files/1", R"("../b.csv")",
     "splits.train.files[1]: the path \"../b.csv\" points outside"},
    {table, "/splits/train/files/1", R"("d.csv")", "splits.train.files[1]: \"d.csv\" is not among"},
    {table, "/splits/train/files/1", R"("a.csv")",
     "splits.train.files[1]: \"a.csv\" belongs to a split already"},
    {table, "/splits/train/files/1", R"("c.csv")", "splits.train.files[1]: \"c.csv\" belongs"},
    {table, "/splits/train/files", R"(["a.csv"])", "splits.train.fileSamples: 2 of them for 1 files"},
    {table, "/splits/train/fileSamples", "[3]", "splits.train.fileSamples: 1 of them for 2 files"},
    {table, "/splits/train/fileSamples", "[4,-1]", "splits.train.fileSamples[1]: -1 is no number"},
    {table, "/splits/train/fileSamples", "[2,2]", "splits.train.samples: 3, its files hold 4"},
    {table, "/splits/train/fileSamples", "[4611686018427387904,4611686018427387904]",
     "splits.train.fileSamples[0]"},
    {table, "/splits/train/samples", "4611686018427387904", "splits.train.samples"},
    {table, "/splits/train/samples", "-3", "splits.train.samples"},
    {table, "/splits/train/samples", "1.5", "splits.train.samples: a whole number"},
    {table, "/splits/train/classCounts", "[]", "splits.train.classCounts: 0 of them for 2 classes"},
    {table, "/splits/train/classCounts", "[9,9]", "splits.train.classCounts: 18 in all of 3 samples"},
    {table, "/splits/train/classCounts", "[-1,1]", "splits.train.classCounts[0]: -1"},
    {table, "/files", "[]", "is not among the dataset's files"},
    {table, "/files/0/size", "1", "splits.train.fileSamples[0]: 2 samples in 1 bytes"},
    {table, "/files/0/size", "-1", "files[0].size: a size"},
    {table, "/files/0/sha256", R"("")", "files[0].sha256: \"\" is not a SHA-256"},
    {table, "/files/0/sha256", R"("/../../../..")", "files[0].sha256: \"/../../../..\" is not"},
    {table, "/files/1/path", R"("a.csv")", "files[1].path: \"a.csv\" stands twice"},
    {table, "/files/1/path", R"("b/../b.csv")", "files[1].path: the path"},
    {table, "/statistics/0/bins", "[1]", "statistics[0].bins: 1 of them for 3"},
    {table, "/statistics/0/bins", "[1,-1,1]", "statistics[0].bins: -1"},
    {table, "/statistics/0/edges", "[31,30]", "statistics[0].edges[1]: not above"},
    {table, "/statistics/0/edges", "[30,30]", "statistics[0].edges[1]: not above"},
    {table, "/statistics/0/stddev", "-1", "statistics[0].stddev: below 0"},
    {table, "/statistics/0/mean", "null", "statistics[0].mean: a number"},
    {table, "/statistics/0/count", "-1", "statistics[0]: a count below 0"},
    {table, "/statistics/1/values/0/1", "-1", "statistics[1].values: \"Rome\" counts -1"},
    {table, "/statistics/1/values/0", R"(["Rome"])", "statistics[1].values[0]: a list with 2 elements"},
    {images, "/channelMean", "[0.5,0.5]", "channelMean: 2 channels"},
    {images, "/channelMean", "[]", "channelMean: 0 channels"},
    {images, "/channelStd", "[0.5]", "channelStd: 1 of them for 3 channels"},
    {images, "/channelStd", R"([0.5,"x",1])", "channelStd: a list, each of it a number"},
    {ratings, "/columns/0/role", R"("feature")",
     "a ratings dataset needs one column with the role user, there are 0"},
    {ratings, "/columns/0/role", R"("item")", "there are 0"},
    {texts, "/columns/0/type", R"("number")", "columns: a text dataset begins with its text"},
    {texts, "/columns/1/role", R"("feature")",
     "a text dataset with classes needs one column with the role label"},
    {texts, "/columns", "[]", "columns: a text dataset begins with its text"},
};

}  // namespace

TEST_CASE("datasets of each kind are read back") {
  for (const auto& make : {table, images, ratings, texts}) {
    const auto read = dataset_from_json(to_json(make()), "dataset.json");
    REQUIRE_MESSAGE(read, read.error().message);
    CHECK(to_json(*read) == to_json(make()));
  }
}

TEST_CASE("a dataset.json that contradicts itself is refused with its key") {
  for (const Change& change : kChanges) {
    CAPTURE(change.pointer);
    CAPTURE(change.value);
    Json document = to_json(change.of());
    document[Json::json_pointer(change.pointer)] = Json::parse(change.value);
    const auto read = dataset_from_json(document, "d/dataset.json");
    REQUIRE(!read);
    CHECK(read.error().code == Exit::integrity);
    CHECK(read.error().where == "d/dataset.json");
    CHECK(!read.error().hint.empty());
    CHECK_MESSAGE(read.error().message.find(change.message) != std::string::npos, read.error().message);
  }
}

TEST_CASE("a dataset.json without one of its keys is refused with its name") {
  for (const char* key : {"kind", "type", "columns", "classes", "splits", "statistics", "files", "lineage"}) {
    Json document = to_json(table());
    document.erase(key);
    const auto read = dataset_from_json(document, "dataset.json");
    REQUIRE(!read);
    CHECK(read.error().code == Exit::integrity);
    CHECK(read.error().message == std::string("the key \"") + key + "\" is missing");
  }
}
