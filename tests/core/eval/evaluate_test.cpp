#include "core/eval/evaluate.h"

#include <cmath>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "core/eval/report.h"
#include "core/sys/fs.h"
#include "fakes/listed_file.h"
#include "fakes/temp_folder.h"

using namespace mlctl;

namespace {

const sys::StopFlag kGo;
const auto kQuiet = [](int64_t) {};

Column column(const std::string& name, ColumnType type, Role role) {
  Column made;
  made.name = name;
  made.type = type;
  made.role = role;
  return made;
}

// A table of one number x, its dataset, and a model of it whose network the test stands in for.
struct World {
  test::TempFolder folder;
  ShardFolder shards{folder.path()};
  Dataset dataset;
  Model model;

  void write(const std::string& split, const std::string& csv, int64_t samples) {
    const std::string file = split + "-000000.csv";
    REQUIRE(sys::write_file(folder / file, csv));
    dataset.splits[split].files = {test::inside(file)};
    dataset.splits[split].samples = samples;
    dataset.splits[split].shard_samples = {samples};
    std::erase_if(dataset.files, [&](const FileEntry& each) { return each.path.text() == file; });
    dataset.files.push_back({test::inside(file), csv.size(), Digest::of(csv)});
  }
  EvaluateRequest request(Forward forward) {
    EvaluateRequest made;
    made.model = {&model, std::move(forward)};
    made.shards = &shards;
    made.dataset = &dataset;
    made.split = "test";
    made.batch_size = 2;
    return made;
  }
};

void make_table(World& world, Task task) {
  world.dataset.kind = DatasetKind::table;
  const bool classes = task == Task::classification;
  world.dataset.columns = {column("x", ColumnType::number, Role::feature),
                           column("y", classes ? ColumnType::category : ColumnType::number, Role::label)};
  if (classes) world.dataset.classes = world.dataset.columns[1].categories = {"no", "yes"};
  world.model.task = task;
  world.model.classes = world.dataset.classes;
  world.model.network.input.numeric = 1;
  world.model.network.outputs = classes ? 2 : 1;
  world.model.preprocess.table.columns = {{"x", ColumnType::number, 0, 1, {}}};
}

// Says "yes" for x > 0, the surer the farther.
Result<std::vector<float>> by_sign(const Encoded& batch) {
  std::vector<float> logits;
  for (const float x : batch.features) {
    logits.push_back(-x);
    logits.push_back(x);
  }
  return logits;
}
Result<std::vector<float>> always_yes(const Encoded& batch) {
  std::vector<float> logits;
  for (int64_t k = 0; k < batch.size; ++k) logits.insert(logits.end(), {0, 1});
  return logits;
}
Result<std::vector<float>> itself(const Encoded& batch) {
  return batch.features;
}

}  // namespace

TEST_CASE("classification: metrics, confusion and the surest mistake first") {
  World world;
  make_table(world, Task::classification);
  world.write("test", "x,y\n3,yes\n-1,no\n2,no\n-5,yes\n1,yes\n", 5);
  const Findings found = evaluate(world.request(by_sign), kQuiet, kGo).value();
  CHECK(found.samples == 5);
  CHECK(found.metrics["accuracy"].get<double>() == doctest::Approx(0.6));
  CHECK(found.classes->confusion().at(0, 1) == 1);
  CHECK(found.metrics["auc"].get<double>() == doctest::Approx(0.5));
  REQUIRE(found.worst.size() == 2);
  CHECK(found.worst[0].index == 3);
  CHECK(found.worst[1].index == 2);
  const auto examples = fetch_examples(world.request(by_sign), found.worst).value();
  CHECK(examples[0].fields == std::vector<std::string>{"-5", "yes"});
}

TEST_CASE("the size of the batches changes no number") {
  World world;
  make_table(world, Task::classification);
  world.write("test", "x,y\n3,yes\n-1,no\n2,no\n-5,yes\n1,yes\n", 5);
  EvaluateRequest request = world.request(by_sign);
  const auto once = evaluate(request, kQuiet, kGo).value().metrics;
  for (const int64_t size : {0, 1, 5, 100}) {
    request.batch_size = size;
    CHECK(evaluate(request, kQuiet, kGo).value().metrics == once);
  }
}

TEST_CASE("a baseline with its classes in another order is still compared by name") {
  World world;
  make_table(world, Task::classification);
  world.write("test", "x,y\n3,yes\n-1,no\n2,yes\n-5,no\n", 4);
  Model other = world.model;
  other.classes = {"yes", "no"};
  EvaluateRequest request = world.request(by_sign);
  request.baseline = Contender{&other, always_yes};  // its index 1 is "no"
  const Findings found = evaluate(request, kQuiet, kGo).value();
  CHECK(found.differences.front().model == 1);
  CHECK(found.differences.front().baseline == 0.5);
}

TEST_CASE("regression: metrics in the data's units") {
  World world;
  make_table(world, Task::regression);
  world.model.preprocess.table.target_mean = 10;
  world.model.preprocess.table.target_stddev = 2;
  world.write("test", "x,y\n0,10\n1,12\n2,16\n", 3);
  const Findings found = evaluate(world.request(itself), kQuiet, kGo).value();
  CHECK(found.metrics["mae"].get<double>() == doctest::Approx(2.0 / 3));
  CHECK(found.metrics["mse"].get<double>() == doctest::Approx(4.0 / 3));
  CHECK(found.worst.front().index == 2);
  CHECK(found.metrics.contains("r2"));
}

TEST_CASE("recommendation: items rated elsewhere are not ranked, those that the model never saw are missed") {
  World world;
  world.dataset.kind = DatasetKind::ratings;
  world.dataset.columns = {column("user", ColumnType::category, Role::user),
                           column("item", ColumnType::category, Role::item),
                           column("rating", ColumnType::number, Role::rating)};
  world.model.task = Task::recommendation;
  world.model.network.input.kind = InputKind::ratings;
  world.model.network.outputs = 1;
  world.model.preprocess.ratings = {{"ann", "bob"}, {"a", "b", "c", "d"}, 3, 1, 5};
  world.write("train", "user,item,rating\nann,d,5\nbob,a,1\n", 2);
  // ann likes c; bob likes an item without a place in the model; his dislike does not count.
  world.write("test", "user,item,rating\nann,c,5\nbob,z,5\nbob,b,1\neve,a,5\n", 4);
  const Forward later_is_better = [](const Encoded& batch) -> Result<std::vector<float>> {
    std::vector<float> scores;
    for (size_t k = 1; k < batch.codes.size(); k += 2) scores.push_back(static_cast<float>(batch.codes[k]));
    return scores;
  };
  const RankingRequest request{&world.model, later_is_better, &world.shards, &world.dataset, "test", 1};
  const RankingScores scores = score_ranking(request, kGo).value();
  CHECK(scores.users == 2);
  CHECK(scores.hit_rate == 0.5);  // c is ann's first once d, which she rated in train, is left out
  CHECK(scores.ndcg == 0.5);
  const Findings found = evaluate(world.request(later_is_better), kQuiet, kGo).value();
  CHECK(found.metrics["hit_rate@10"].get<double>() == 0.5);
}

TEST_CASE("an output that is not a number names its example") {
  World world;
  make_table(world, Task::regression);
  world.write("test", "x,y\n0,1\n1,1\n2,1\n", 3);
  const auto broken = evaluate(world.request([](const Encoded& batch) -> Result<std::vector<float>> {
    std::vector<float> values = batch.features;
    for (float& value : values) value = value == 2 ? NAN : value;
    return values;
  }),
                               kQuiet, kGo);
  REQUIRE(!broken);
  CHECK(broken.error().message == "the model's output for example 2 is not a number");
}

TEST_CASE("a model for other data is refused before anything is computed") {
  World world;
  make_table(world, Task::classification);
  world.write("test", "x,y\n3,yes\n", 1);
  world.dataset.columns[0].name = "z";
  const auto refused = evaluate(world.request(by_sign), kQuiet, kGo);
  REQUIRE(!refused);
  CHECK(refused.error().code == Exit::data);
}

TEST_CASE("an empty split is told") {
  World world;
  make_table(world, Task::regression);
  world.write("test", "x,y\n", 0);
  CHECK(evaluate(world.request(itself), kQuiet, kGo).error().code == Exit::data);
}

TEST_CASE("the report holds the metrics, the gates, the rows of mistakes and nothing unescaped") {
  World world;
  make_table(world, Task::classification);
  world.dataset.classes = world.model.classes = world.dataset.columns[1].categories = {"<no>", "yes"};
  world.write("test", "x,y\n3,yes\n2.5,<no>\n-1,<no>\n", 3);
  const EvaluateRequest request = world.request(by_sign);
  const Findings found = evaluate(request, kQuiet, kGo).value();
  Evaluation evaluation = to_evaluation(found, "test");
  evaluation.gates = {{"accuracy>=0.9", 0.66, false}};
  const auto examples = fetch_examples(request, found.worst).value();
  const std::string html =
      html_report({&evaluation, &found, &world.dataset, examples, "models/m", "data/d", ""});
  for (const char* part : {"Evaluation of models/m", "accuracy&gt;=0.9 failed: 0.66", "Confusion matrix",
                           "ROC", "Reliability", "2.5", "&lt;no&gt;"}) {
    CAPTURE(part);
    CHECK(html.find(part) != std::string::npos);
  }
  CHECK(html.find("<no>") == std::string::npos);
  CHECK(html.find("nan") == std::string::npos);
}
