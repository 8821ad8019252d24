#include "core/train/train.h"

#include <doctest/doctest.h>

#include "core/sys/fs.h"
#include "core/tensor/safetensors.h"
#include "fakes/linear_engine.h"
#include "fakes/small_dataset.h"
#include "fakes/temp_folder.h"

using namespace mlctl;
using Json = nlohmann::ordered_json;

namespace {

struct Quiet final : TrainObserver {
  std::vector<EpochReport> epochs;
  std::vector<std::string> notes, warnings;
  int64_t steps = 0;
  void note(const std::string& text) override { notes.push_back(text); }
  void warn(const std::string& text) override { warnings.push_back(text); }
  void reading(const std::string&, int64_t, int64_t) override {}
  void step(const StepReport&) override { ++steps; }
  void epoch(const EpochReport& report) override { epochs.push_back(report); }
};

// A training in a folder of its own, with the knobs that tests turn.
struct Bench {
  test::TempFolder folder;
  test::LinearEngine engine;
  sys::StopFlag stop;
  sys::Clock clock;
  Json spec = {{"epochs", 6}, {"batchSize", 16}, {"optimizer", {{"name", "sgd"}, {"lr", 0.05}}}};

  explicit Bench(bool classification = true) { test::write_table(folder / "data", classification); }

  Result<TrainOutcome> train(const std::string& output = "model", Quiet* seen = nullptr, bool resume = true) {
    Quiet nobody;
    TrainObserver& observer = seen == nullptr ? nobody : *seen;
    ShardFolder data(folder / "data");
    return mlctl::train({&data, spec, folder / output, false, resume},
                        {[&]() -> Result<Engine*> { return &engine; }, clock, stop, observer});
  }
  std::string bytes(const std::string& output) {
    return sys::read_file(folder / output / "weights.safetensors").value_or("none") +
           sys::read_file(folder / output / "model.json").value_or("none");
  }
  std::vector<std::string> left(const std::string& name) {
    std::vector<std::string> out;
    for (const auto& each : sys::list_files(folder / name).value_or(std::vector<sys::Entry>{}))
      out.push_back(each.path);
    return out;
  }
};

}  // namespace

TEST_CASE("train: a dataset becomes a model that knows its data") {
  Bench bench;
  Quiet seen;
  const auto outcome = bench.train("model", &seen);
  REQUIRE_MESSAGE(outcome, outcome.error().message);
  CHECK(seen.epochs.size() == 6);
  CHECK(seen.epochs.back().metrics.size() == 4);
  CHECK(outcome->model.metrics["accuracy"] > 0.9);
  CHECK(outcome->model.classes == std::vector<std::string>{"high", "low"});
  CHECK(outcome->model.preprocess.table.columns.size() == 3);
  CHECK(outcome->history.size() == 6);
  CHECK(bench.left("model") == std::vector<std::string>{"model.json", "weights.safetensors"});
  CHECK(!sys::exists(bench.folder / "model.partial"));
  CHECK(open_model(bench.folder / "model"));
}

TEST_CASE("train: regression learns in standard units and reports in the data's") {
  Bench bench(false);
  const auto outcome = bench.train();
  REQUIRE_MESSAGE(outcome, outcome.error().message);
  CHECK(outcome->model.task == Task::regression);
  CHECK(outcome->model.preprocess.table.target_mean == doctest::Approx(10).epsilon(0.1));
  CHECK(outcome->model.metrics["r2"] > 0.9);
}

TEST_CASE("train: the same again is up to date, other inputs are a conflict") {
  Bench bench;
  REQUIRE(bench.train());
  CHECK(bench.train()->up_to_date);
  bench.spec["seed"] = 2;
  CHECK(bench.train().error().code == Exit::conflict);
}

TEST_CASE("train: the same inputs give the same bytes, another seed others") {
  Bench bench;
  REQUIRE(bench.train("a"));
  REQUIRE(bench.train("b"));
  CHECK(bench.bytes("a") == bench.bytes("b"));
  bench.spec["seed"] = 2;
  REQUIRE(bench.train("c"));
  CHECK(bench.bytes("a") != bench.bytes("c"));
}

TEST_CASE("train: interrupted at any step, it goes on to the same bytes") {
  Bench bench;
  REQUIRE(bench.train("whole"));
  for (const int64_t at : {0, 1, 12, 13, 40, 77}) {
    CAPTURE(at);
    const std::string output = fmt::format("cut-{}", at);
    bench.engine.before_step = [&](int64_t step) {
      if (step == at) bench.stop.raise(15);
    };
    const auto cut = bench.train(output);
    if (at < 77) {  // the last step: nothing is left to interrupt but the validation
      REQUIRE(!cut);
      CHECK(cut.error().code == Exit::interrupted);
      CHECK(!cut.error().hint.empty());
      CHECK(!sys::exists(bench.folder / output));
    }
    bench.engine.before_step = nullptr;
    bench.stop.raise(0);
    Quiet seen;
    REQUIRE(bench.train(output, &seen));
    CHECK(seen.steps < 78);
    CHECK(bench.bytes(output) == bench.bytes("whole"));
  }
}

TEST_CASE("train: stopped again and again, it still ends with the same bytes") {
  Bench bench;
  REQUIRE(bench.train("whole"));
  bench.engine.before_step = [&, count = 0](int64_t) mutable {
    if (++count % 17 == 0) bench.stop.raise(2);
  };
  int runs = 1;
  for (; !bench.train("often"); ++runs) bench.stop.raise(0);
  CHECK(runs > 3);
  CHECK(bench.bytes("often") == bench.bytes("whole"));
}

TEST_CASE("train: a damaged checkpoint is passed over for the one before it") {
  Bench bench;
  bench.spec["checkpoint"] = {{"every", "10 steps"}};
  REQUIRE(bench.train("whole"));
  bench.engine.before_step = [&](int64_t step) {
    if (step == 35) bench.stop.raise(15);
  };
  REQUIRE(!bench.train("cut"));
  bench.engine.before_step = nullptr;
  bench.stop.raise(0);
  const auto newest =
      bench.folder / "cut.partial" / "checkpoints" / "step-0000000036" / "weights.safetensors";
  REQUIRE(sys::write_file(newest, "damaged"));
  Quiet seen;
  REQUIRE(bench.train("cut", &seen));
  REQUIRE(!seen.notes.empty());
  CHECK(seen.notes[0].find("step 30") != std::string::npos);
  CHECK(bench.bytes("cut") == bench.bytes("whole"));
}

TEST_CASE("train: --resume never starts over, to the same bytes") {
  Bench bench;
  REQUIRE(bench.train("whole"));
  bench.engine.before_step = [&](int64_t step) {
    if (step == 40) bench.stop.raise(15);
  };
  REQUIRE(!bench.train("cut"));
  bench.engine.before_step = nullptr;
  bench.stop.raise(0);
  Quiet seen;
  REQUIRE(bench.train("cut", &seen, false));
  CHECK(seen.steps == 78);
  CHECK(bench.bytes("cut") == bench.bytes("whole"));
}

TEST_CASE("train: a checkpoint keeps its number of threads and warns of another") {
  Bench bench;
  bench.engine.before_step = [&](int64_t step) {
    if (step == 5) bench.stop.raise(15);
  };
  REQUIRE(!bench.train());
  bench.engine.before_step = nullptr;
  bench.stop.raise(0);
  bench.engine.threads = 8;
  Quiet seen;
  REQUIRE(bench.train("model", &seen));
  REQUIRE(seen.warnings.size() == 1);
  CHECK(seen.warnings[0].find("2 threads") != std::string::npos);
}

TEST_CASE("train: a loss that is not finite is 1, names the step and the rate, and leaves no model") {
  Bench bench(false);
  bench.spec["optimizer"]["lr"] = 1e30;
  const auto outcome = bench.train();
  REQUIRE(!outcome);
  CHECK(outcome.error().code == Exit::failed);
  CHECK(outcome.error().message.find("step") != std::string::npos);
  CHECK(outcome.error().hint.find("--lr") != std::string::npos);
  CHECK(!sys::exists(bench.folder / "model"));
}

TEST_CASE("train: early stopping keeps the best epoch") {
  Bench bench;
  bench.spec["epochs"] = 50;
  bench.spec["optimizer"]["lr"] = 3.0;
  bench.spec["schedule"] = "constant";
  bench.spec["earlyStopping"] = {{"metric", "val_accuracy"}, {"patience", 2}};
  Quiet seen;
  const auto outcome = bench.train("model", &seen);
  REQUIRE_MESSAGE(outcome, outcome.error().message);
  REQUIRE(seen.epochs.size() < 50);
  const auto best = seen.epochs[seen.epochs.size() - 3];
  CHECK(best.best);
  CHECK(outcome->model.metrics["epoch"] == best.epoch);
}

TEST_CASE("train: bad requests leave nothing behind") {
  const struct {
    const char* what;
    std::function<void(Bench&)> break_it;
    Exit code;
  } cases[] = {
      {"data changed on disk",
       [](Bench& b) { REQUIRE(sys::write_file(b.folder / "data" / "train-000000.csv", "a,b,color,y\n")); },
       Exit::integrity},
      {"no dataset", [](Bench& b) { REQUIRE(sys::remove_tree(b.folder / "data")); }, Exit::not_found},
      {"unknown class weight",
       [](Bench& b) {
         b.spec["classWeights"] = {{"hihg", 2}};
       },
       Exit::manifest},
      {"unknown metric",
       [](Bench& b) {
         b.spec["earlyStopping"] = {{"metric", "val_r2"}};
       },
       Exit::manifest},
      {"layer that does not fit",
       [](Bench& b) {
         b.spec["model"] = {{"layers", {"flatten", {{"conv2d", 4}}}}};
       },
       Exit::data},
      {"stopped while reading", [](Bench& b) { b.stop.raise(2); }, Exit::sigint},
  };
  for (const auto& each : cases) {
    CAPTURE(each.what);
    Bench bench;
    each.break_it(bench);
    const auto outcome = bench.train();
    REQUIRE(!outcome);
    CHECK_MESSAGE(outcome.error().code == each.code, outcome.error().message);
    CHECK(!sys::exists(bench.folder / "model"));
    CHECK(!sys::exists(bench.folder / "model.partial"));
  }
}
