#include "core/train/spec.h"

#include <doctest/doctest.h>

#include "core/train/layers.h"

using namespace mlctl;
using Json = nlohmann::ordered_json;

namespace {

Dataset table(std::vector<std::string> classes, int64_t rows = 1000) {
  Dataset dataset;
  dataset.kind = DatasetKind::table;
  dataset.columns = {{"x", ColumnType::number, Role::feature, CellForm::plain, {}},
                     {"y", ColumnType::number, Role::label, CellForm::plain, {}}};
  dataset.classes = std::move(classes);
  dataset.splits["train"].samples = rows;
  dataset.splits["validation"].samples = rows / 10;
  return dataset;
}

Dataset images(int64_t channels, int64_t side) {
  Dataset dataset;
  dataset.kind = DatasetKind::image;
  dataset.classes = {"a", "b"};
  dataset.channel_mean.assign(static_cast<size_t>(channels), 0.5);
  dataset.splits["train"].samples = 60'000;
  for (const char* name : {"width", "height"}) {
    FeatureStats stats;
    stats.name = name;
    stats.mean = stats.min = stats.max = static_cast<double>(side);
    dataset.statistics.push_back(stats);
  }
  return dataset;
}

TrainSpec decoded(const Json& spec, const Dataset& dataset) {
  const auto full = with_defaults(spec, dataset);
  REQUIRE_MESSAGE(full, full.error().message);
  const auto out = train_spec_from_json(*full);
  REQUIRE_MESSAGE(out, out.error().message);
  return *out;
}

}  // namespace

TEST_CASE("train defaults: the dataset chooses the task") {
  CHECK(decoded({}, table({"no", "yes"})).task == Task::classification);
  CHECK(decoded({}, table({})).task == Task::regression);
  Dataset ratings = table({});
  ratings.kind = DatasetKind::ratings;
  CHECK(decoded({}, ratings).task == Task::recommendation);
  CHECK(decoded({}, ratings).model["name"] == "recommender");
}

TEST_CASE("train defaults: data that can't be learned is refused with 7") {
  Dataset unlabelled = table({});
  unlabelled.columns.pop_back();
  Dataset empty = table({"a", "b"}, 0);
  const struct {
    const char* what;
    Dataset dataset;
    Json spec;
    const char* message;
  } cases[] = {{"one class", table({"only"}), {}, "\"only\""},
               {"no label", unlabelled, {}, "no labels"},
               {"another task", table({"a", "b"}), {{"task", "regression"}}, "spec.task"},
               {"no samples", empty, {}, "empty"}};
  for (const auto& each : cases) {
    CAPTURE(each.what);
    const auto full = with_defaults(each.spec, each.dataset);
    REQUIRE(!full);
    CHECK(full.error().code == Exit::data);
    CHECK(!full.error().hint.empty());
    CHECK(full.error().message.find(each.message) != std::string::npos);
  }
}

TEST_CASE("train defaults: what is given stays, and paths are left out") {
  const Dataset dataset = table({"a", "b"});
  const Json spec = {
      {"data", {{"dataset", "/somewhere"}}}, {"epochs", 7}, {"output", "m"}, {"model", "linear"}};
  const auto full = with_defaults(spec, dataset);
  REQUIRE(full);
  CHECK((*full)["epochs"] == 7);
  CHECK((*full)["model"]["name"] == "linear");
  CHECK(full->dump().find("somewhere") == std::string::npos);
  CHECK(!full->contains("output"));
  CHECK(*with_defaults(*full, dataset) == *full);
}

TEST_CASE("train defaults: small uniform pictures keep their size; photographs are flipped") {
  const TrainSpec grey = decoded({}, images(1, 28));
  CHECK(grey.image.height == 28);
  CHECK(grey.image.channels == 1);
  CHECK(!grey.augment.any());
  CHECK(grey.epochs == 5);
  const TrainSpec photos = decoded({}, images(3, 640));
  CHECK(photos.image.height == 96);
  CHECK(photos.augment.flip);
}

TEST_CASE("train defaults: without a validation split training loss decides") {
  Dataset dataset = table({"a", "b"});
  dataset.splits.erase("validation");
  CHECK(decoded({}, dataset).stopping.metric == "loss");
  CHECK(decoded({}, dataset).validation_split.empty());
  CHECK(with_defaults({{"data", {{"validation", "validation"}}}}, dataset).error().code == Exit::not_found);
}

TEST_CASE("train spec: every section is read") {
  const Json spec = {
      {"optimizer",
       {{"name", "sgd"}, {"lr", 0.5}, {"momentum", 0.9}, {"nesterov", true}, {"weightDecay", 0.1}}},
      {"schedule", {{"name", "plateau"}, {"warmupEpochs", 2}, {"factor", 0.5}, {"patience", 4}}},
      {"checkpoint", {{"every", "500 steps"}, {"keep", 3}}},
      {"earlyStopping", {{"metric", "val_accuracy"}, {"patience", 3}}},
      {"image",
       {{"size", {10, 20}},
        {"channels", 3},
        {"augment", {"flip", {{"rotate", 15}}, {{"crop", 2}}, {{"color", 0.3}}}}}},
      {"classWeights", {{"a", 2.0}}},
      {"clipNorm", 1.5},
      {"labelSmoothing", 0.1},
      {"seed", 9}};
  const TrainSpec out = decoded(spec, images(3, 40));
  CHECK(out.optimizer.kind == OptimizerKind::sgd);
  CHECK(out.optimizer.nesterov);
  CHECK(out.optimizer.weight_decay == 0.1);
  CHECK(out.optimizer.clip_norm == 1.5);
  CHECK(out.rate == 0.5);
  CHECK(out.schedule.kind == ScheduleKind::plateau);
  CHECK(out.schedule.warmup_epochs == 2);
  CHECK(out.checkpoint.every_steps == 500);
  CHECK(out.checkpoint.keep == 3);
  CHECK(out.stopping.patience == 3);
  CHECK(out.augment.rotate == 15);
  CHECK(out.augment.crop == 2);
  CHECK(out.augment.color == 0.3);
  CHECK(out.image.width == 20);
  CHECK(out.class_weights.at("a") == 2);
  CHECK(out.label_smoothing == 0.1);
  CHECK(out.seed == 9);
}

TEST_CASE("train spec: values out of range are code 3 and name the key") {
  const struct {
    Json spec;
    const char* key;
  } cases[] = {{{{"epochs", 0}}, "spec.epochs"},
               {{{"batchSize", 0}}, "spec.batchSize"},
               {{{"optimizer", {{"lr", 0}}}}, "spec.optimizer.lr"},
               {{{"optimizer", {{"name", "adm"}}}}, "spec.optimizer.name"},
               {{{"optimizer", {{"name", "sgd"}, {"nesterov", true}}}}, "spec.optimizer.nesterov"},
               {{{"schedule", "cosin"}}, "spec.schedule.name"},
               {{{"checkpoint", {{"every", "often"}}}}, "spec.checkpoint.every"},
               {{{"labelSmoothing", 1}}, "spec.labelSmoothing"},
               {{{"epochs", "many"}}, "number"}};
  for (const auto& each : cases) {
    CAPTURE(each.key);
    const auto full = with_defaults(each.spec, table({"a", "b"}));
    REQUIRE(full);
    const auto out = train_spec_from_json(*full);
    REQUIRE(!out);
    CHECK(out.error().code == Exit::manifest);
    CHECK_MESSAGE(out.error().message.find(each.key) != std::string::npos, out.error().message);
  }
}
