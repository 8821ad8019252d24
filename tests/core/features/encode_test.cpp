#include "core/features/encode.h"

#include <doctest/doctest.h>

#include "core/features/fit.h"
#include "fakes/small_dataset.h"
#include "fakes/temp_folder.h"

using namespace mlctl;

namespace {

Model table_model() {
  Model model;
  model.task = Task::classification;
  model.classes = {"no", "yes"};
  model.preprocess.table.columns = {{"age", ColumnType::integer, 40, 10, {}},
                                    {"town", ColumnType::category, 0, 1, {"Bern", "Rom"}},
                                    {"member", ColumnType::boolean, 0.5, 0.5, {}}};
  return model;
}

}  // namespace

TEST_CASE("encode: rows are standardised, coded, and missing values are the mean") {
  const Model model = table_model();
  const Encoder encoder(model);
  Encoded out;
  REQUIRE(encoder.add_row({"50", "Rom", "true"}, out));
  REQUIRE(encoder.add_row({"", "Oslo", "no"}, out));
  CHECK(out.size == 2);
  CHECK(out.features == std::vector<float>{1, 1, 0, -1});
  CHECK(out.codes == std::vector<int32_t>{2, 0});
}

TEST_CASE("encode: a cell that can't be read names its column and leaves no half row") {
  const Model model = table_model();
  const Encoder encoder(model);
  Encoded out;
  const auto bad = encoder.add_row({"50", "Rom", "perhaps"}, out);
  REQUIRE(!bad);
  CHECK(bad.error().code == Exit::data);
  CHECK(bad.error().message == "column member: \"perhaps\" is not true or false");
  CHECK(out.features.empty());
  CHECK(out.codes.empty());
  CHECK(encoder.add_row({"1"}, out).error().code == Exit::data);
}

TEST_CASE("encode: samples find the model's columns whatever the dataset's order") {
  const Model model = table_model();
  const Encoder encoder(model);
  Dataset dataset;
  dataset.kind = DatasetKind::table;
  dataset.classes = {"yes", "no"};
  dataset.columns = {{"member", ColumnType::boolean, Role::feature, CellForm::plain, {}},
                     {"paid", ColumnType::category, Role::label, CellForm::plain, {}},
                     {"age", ColumnType::integer, Role::feature, CellForm::plain, {}},
                     {"town", ColumnType::category, Role::feature, CellForm::plain, {}}};
  Encoded out;
  Sample sample;
  sample.fields = {"true", "yes", "30", "Bern"};
  REQUIRE(encoder.add_sample(sample, dataset, out));
  CHECK(out.features == std::vector<float>{-1, 1});
  CHECK(out.codes == std::vector<int32_t>{1});
  CHECK(out.labels == std::vector<int32_t>{1});  // the model's index, not the dataset's
  sample.fields[1] = "maybe";
  CHECK(encoder.add_sample(sample, dataset, out).error().code == Exit::data);
}

TEST_CASE("encode: pictures are resized, scaled and laid out in planes") {
  Model model;
  model.network.input.kind = InputKind::image;
  model.preprocess.image = {2, 2, 3, {0, 0, 0}, {1, 1, 1}};
  const Encoder encoder(model);
  Encoded out;
  const Pixels red{4, 4, 3, [] {
                     std::vector<uint8_t> data;
                     for (int i = 0; i < 16; ++i) data.insert(data.end(), {255, 0, 51});
                     return data;
                   }()};
  REQUIRE(encoder.add_image(encode_png(red), out));
  CHECK(out.features == std::vector<float>{1, 1, 1, 1, 0, 0, 0, 0, 0.2F, 0.2F, 0.2F, 0.2F});
  CHECK(encoder.add_pixels({2, 2, 1, {1, 2, 3, 4}}, out).error().code == Exit::data);
}

TEST_CASE("encode: texts and ratings") {
  Model model;
  model.network.input.kind = InputKind::text;
  model.preprocess.text = {true, 100, 1, 0};
  Encoded out;
  REQUIRE(Encoder(model).add_text("one two", out));
  REQUIRE(Encoder(model).add_text("", out));
  CHECK(out.offsets == std::vector<int64_t>{0, 2, 3});
  model.preprocess.ratings = {{"ann", "bob"}, {"film"}, 3, 1, 5};
  REQUIRE(Encoder(model).add_rating("bob", "book", out));
  CHECK(out.codes == std::vector<int32_t>{2, 0});
}

TEST_CASE("encode: outputs become what users see") {
  const std::vector<float> logits = {0, 0};
  CHECK(probabilities(logits) == std::vector<double>{0.5, 0.5});
  CHECK(probabilities(std::vector<float>{1000, 0})[0] == 1);
  Model model;
  model.task = Task::recommendation;
  model.preprocess.ratings = {{}, {}, 3, 1, 5};
  CHECK(value_of(model, 9) == 5);
  model.task = Task::regression;
  model.preprocess.table.target_mean = 10;
  model.preprocess.table.target_stddev = 2;
  CHECK(value_of(model, 1.5F) == 13);
}

TEST_CASE("encode: a dataset of another kind, columns or classes is refused with what differs") {
  const Model model = table_model();
  Dataset good;
  good.kind = DatasetKind::table;
  good.classes = {"no", "yes"};
  good.columns = {{"age", ColumnType::number, Role::feature, CellForm::plain, {}},
                  {"town", ColumnType::category, Role::feature, CellForm::plain, {}},
                  {"member", ColumnType::boolean, Role::feature, CellForm::plain, {}},
                  {"paid", ColumnType::category, Role::label, CellForm::plain, {}}};
  CHECK(check_compatible(model, good));
  const auto refused = [&](const std::function<void(Dataset&)>& change, const char* mention) {
    Dataset dataset = good;
    change(dataset);
    const auto result = check_compatible(model, dataset);
    REQUIRE(!result);
    CHECK(result.error().code == Exit::data);
    CHECK_MESSAGE(result.error().message.find(mention) != std::string::npos, result.error().message);
  };
  refused([](Dataset& d) { d.kind = DatasetKind::image; }, "image");
  refused([](Dataset& d) { d.columns[1].name = "city"; }, "town");
  refused([](Dataset& d) { d.columns[1].type = ColumnType::number; }, "town");
  refused([](Dataset& d) { d.classes.push_back("maybe"); }, "maybe");
  refused([](Dataset& d) { d.classes.clear(); }, "classes");
}

TEST_CASE("fit: what is learned from the training split") {
  const test::TempFolder folder;
  const Dataset dataset = test::write_table(folder.path(), true);
  ShardFolder shards(folder.path());
  const sys::StopFlag stop;
  const auto fitted = fit_preprocess(shards, dataset, "train", {}, stop);
  REQUIRE_MESSAGE(fitted, fitted.error().message);
  REQUIRE(fitted->table.columns.size() == 3);
  CHECK(fitted->table.columns[0].mean == doctest::Approx(0).epsilon(0.3));
  CHECK(fitted->table.columns[0].stddev == doctest::Approx(1).epsilon(0.2));
  CHECK(fitted->table.columns[2].categories == std::vector<std::string>{"blue", "red"});
  CHECK(fit_preprocess(shards, dataset, "nowhere", {}, stop).error().code == Exit::not_found);
}
