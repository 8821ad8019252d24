#include "core/data/dataset.h"

#include <doctest/doctest.h>

#include "core/base/hash.h"
#include "core/sys/fs.h"
#include "fakes/listed_file.h"
#include "fakes/temp_folder.h"

using namespace mlctl;

namespace {
Dataset sample_dataset() {
  Dataset dataset;
  dataset.kind = DatasetKind::table;
  dataset.columns = {{"age", ColumnType::number, Role::feature, CellForm::plain, {}},
                     {"risk", ColumnType::category, Role::label, CellForm::plain, {"high", "low"}}};
  dataset.classes = {"high", "low"};
  dataset.splits["train"] = {2, {test::inside("train-000000.csv")}, {2}, {1, 1}};
  dataset.splits["test"] = {1, {test::inside("test-000000.csv")}, {1}, {0, 1}};
  dataset.statistics = {{"age", false, 2, 0, 30, 5, 25, 35, {30}, {1, 1}, {}}};
  dataset.files = {test::entry("test-000000.csv", "age,risk\n"),
                   test::entry("train-000000.csv", "age,risk\n1,high\n2,low\n")};
  dataset.lineage = {{"command", "ingest"}};
  return dataset;
}
}  // namespace

TEST_CASE("a dataset's document reads back the same") {
  const Dataset dataset = sample_dataset();
  const auto back = dataset_from_json(to_json(dataset), "dataset.json");
  REQUIRE(back.has_value());
  CHECK(to_json(*back) == to_json(dataset));
}

TEST_CASE("a dataset's digest does not depend on its lineage") {
  Dataset other = sample_dataset();
  other.lineage["command"] = "clean";
  CHECK(dataset_digest(other) == dataset_digest(sample_dataset()));
  other.classes.push_back("middle");
  CHECK(dataset_digest(other) != dataset_digest(sample_dataset()));
}

TEST_CASE("opening what is not a dataset says what to do") {
  const test::TempFolder folder;
  CHECK(open_dataset(folder / "absent").error().code == Exit::not_found);
  const auto empty = open_dataset(folder.path());
  CHECK(empty.error().code == Exit::not_found);
  CHECK(empty.error().hint.find("mlctl ingest") != std::string::npos);
  REQUIRE(sys::write_file(folder / "dataset.json", "{\"kind\": \"Data").has_value());
  CHECK(open_dataset(folder.path()).error().code == Exit::integrity);
}

TEST_CASE("a changed, cut or missing file fails verification with its name") {
  const test::TempFolder folder;
  const Dataset dataset = sample_dataset();
  for (const char* content : {"age;risk\n", "age", ""}) {
    CAPTURE(content);
    if (*content != 0) REQUIRE(sys::write_file(folder / "test-000000.csv", content).has_value());
    const auto verified = verify_dataset(folder.path(), dataset);
    REQUIRE_FALSE(verified.has_value());
    CHECK(verified.error().code == Exit::integrity);
    CHECK(verified.error().message.find("test-000000.csv") != std::string::npos);
  }
  REQUIRE(sys::write_file(folder / "test-000000.csv", "age,risk\n").has_value());
  REQUIRE(sys::write_file(folder / "train-000000.csv", "age,risk\n1,high\n2,low\n").has_value());
  CHECK(verify_dataset(folder.path(), dataset).has_value());
}

TEST_CASE("DIR:SPLIT is a split only where it exists") {
  const test::TempFolder folder;
  REQUIRE(sys::write_file(folder / "dataset.json", to_json(sample_dataset()).dump()).has_value());
  const std::string path = folder.path().string();
  CHECK(parse_dataset_ref(path + ":test").split == "test");
  CHECK(parse_dataset_ref(path + ":test").folder == path);
  CHECK(parse_dataset_ref(path + ":validation").folder == path + ":validation");
  CHECK(parse_dataset_ref(path).split.empty());
}
