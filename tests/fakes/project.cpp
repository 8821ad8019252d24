#include "fakes/project.h"
#include "fakes/listed_file.h"

#include <stdexcept>

#include "core/base/hash.h"
#include "core/data/dataset.h"
#include "core/eval/evaluations.h"
#include "core/model/package.h"
#include "core/sys/fs.h"

namespace mlctl::test {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

namespace {

void must(const Result<>& result) {
  if (!result) throw std::runtime_error(result.error().message);
}

void write(const fs::path& path, const std::string& text) {
  must(sys::write_file(path, text));
}

FeatureStats age_stats() {
  FeatureStats age;
  age.name = "age";
  age.count = 4;
  age.missing = 1;
  age.mean = 41.5;
  age.stddev = 12.25;
  age.min = 20;
  age.max = 70;
  age.bins = {4};
  return age;
}

Network linear() {
  Network network;
  network.input.kind = InputKind::table;
  network.input.numeric = 1;
  network.outputs = 2;
  Layer input, dense;
  input.kind = LayerKind::table_input;
  dense.kind = LayerKind::dense;
  dense.units = 2;
  network.layers = {input, dense};
  return network;
}

Evaluation evaluation_of(const fs::path& model, double accuracy) {
  Evaluation evaluation;
  evaluation.task = "classification";
  evaluation.split = "test";
  evaluation.samples = 2;
  evaluation.metrics = {{"accuracy", accuracy}};
  evaluation.gates = {{"accuracy>=0.90", accuracy, accuracy >= 0.9}};
  evaluation.model = model_digest(model).value();
  return evaluation;
}

}  // namespace

Project::Project() : before_(fs::current_path()) {
  const std::string home = path().string();
  fs::current_path(path());
  fs::create_directory(".mlctl");
  env.variables = {{"HOME", home},
                   {"XDG_STATE_HOME", home + "/state"},
                   {"XDG_CACHE_HOME", home + "/cache"},
                   {"XDG_CONFIG_HOME", home + "/config"}};
}

Project::~Project() {
  fs::current_path(before_);
}

Outcome Project::mlctl(const std::vector<std::string>& arguments, bool terminal, std::string input) {
  return run_in({std::move(input), env, &clock, terminal, false}, arguments);
}

void Project::write_table(const std::string& folder) {
  const std::string train = "age,risk\n20,low\n70,high\n,high\n30,low\n",
                    test = "age,risk\n25,low\n66,high\n";
  Dataset dataset;
  dataset.kind = DatasetKind::table;
  dataset.columns = {{"age", ColumnType::number, Role::feature, CellForm::plain, {}},
                     {"risk", ColumnType::category, Role::label, CellForm::plain, {"high", "low"}}};
  dataset.classes = {"high", "low"};
  dataset.splits["train"] = {4, {inside("train-000000.csv")}, {4}, {2, 2}};
  dataset.splits["test"] = {2, {inside("test-000000.csv")}, {2}, {1, 1}};
  dataset.statistics = {age_stats()};
  dataset.files = {entry("test-000000.csv", test), entry("train-000000.csv", train)};
  dataset.lineage = {{"command", "ingest"}, {"inputs", {{{"name", "risk.csv"}, {"digest", "aa11"}}}}};
  write(path() / folder / "train-000000.csv", train);
  write(path() / folder / "test-000000.csv", test);
  write(path() / folder / "dataset.json", to_json(dataset).dump(2));
}

void Project::write_texts(const std::string& folder) {
  std::string train;
  for (const char* text : {"a bad film", "a good film, 好看", "dull\nand long", "not bad"}) {
    const char* label = std::string(text).find("good") == std::string::npos ? "no" : "yes";
    train += Json({{"text", text}, {"label", label}}).dump() + "\n";
  }
  Dataset dataset;
  dataset.kind = DatasetKind::text;
  dataset.columns = {{"text", ColumnType::text, Role::feature, CellForm::plain, {}},
                     {"label", ColumnType::category, Role::label, CellForm::plain, {"no", "yes"}}};
  dataset.classes = {"no", "yes"};
  dataset.splits["train"] = {4, {inside("train-000000.jsonl")}, {4}, {3, 1}};
  dataset.files = {entry("train-000000.jsonl", train)};
  dataset.lineage = {{"command", "ingest"}};
  write(path() / folder / "train-000000.jsonl", train);
  write(path() / folder / "dataset.json", to_json(dataset).dump(2));
}

void Project::write_model(const std::string& folder, const std::string& dataset_folder, double accuracy) {
  Model model;
  model.network = linear();
  model.preprocess.table.columns = {{"age", ColumnType::number, 41.5, 12.25, {}}};
  model.classes = {"high", "low"};
  model.metrics = {{"accuracy", accuracy}, {"loss", 0.25}};
  model.training = {{"epochs", 3}, {"optimizer", {{"name", "adam"}, {"lr", 0.001}}}};
  model.statistics = {age_stats()};
  model.lineage = {{"command", "train"}, {"dataset", digest_of(dataset_folder)}};
  TensorMap weights;
  weights["1.weight"] = Tensor{DType::f32, {2, 1}, std::string(8, '\0')};
  weights["1.bias"] = Tensor{DType::f32, {2}, std::string(8, '\0')};
  must(mlctl::write_model(path() / folder, model, weights));
  remember(path() / folder, evaluation_of(path() / folder, accuracy)).value();
}

std::string Project::digest_of(const std::string& name) {
  if (name.empty()) return {};
  if (sys::exists(path() / name / "model.json")) return model_digest(path() / name).value();
  if (sys::exists(path() / name / "dataset.json")) return dataset_digest(open_dataset(path() / name).value());
  return sha256_hex(name);
}

RunRecord Project::add_run(const std::string& command, const std::string& input, const std::string& output,
                           Json parameters, Json metrics) {
  clock.advance(60);
  RunRecord run = log().start(command, {command, input, "--to", output}, std::move(parameters)).value();
  run.inputs = {{input, digest_of(input)}};
  if (!output.empty()) run.outputs = {{output, digest_of(output)}};
  run.metrics = std::move(metrics);
  run.host = "here";
  clock.advance(10);
  must(log().finish(run, "succeeded", 0));
  return run;
}

void Project::fill() {
  write_table("data/risk");
  write_texts("data/films");
  add_run("ingest", "films.jsonl", "data/films", {{"kind", "text"}}, Json::object());
  add_run("ingest", "risk.csv", "data/risk", {{"kind", "table"}}, Json::object());
  write_model("models/risk", "data/risk", 0.95);
  add_run("train", "data/risk", "models/risk", {{"epochs", 3}, {"lr", 0.001}}, {{"accuracy", 0.95}});
  clock.advance(300);
}

}  // namespace mlctl::test
