// get and describe, as people and scripts see them.

#include <regex>

#include <doctest/doctest.h>

#include "core/sys/fs.h"
#include "fakes/golden.h"
#include "fakes/project.h"

using namespace mlctl;
using test::check_golden;

namespace {

struct Filled : test::Project {
  Filled() { fill(); }
  std::string latest(const std::string& jsonpath) {
    return mlctl({"get", "run", "latest", "-o", "jsonpath={" + jsonpath + "}"}).out;
  }
};

// Run ids end in a random part, and a record names the process.
std::string masked(const std::string& text) {
  const std::string ids = std::regex_replace(text, std::regex("(-\\d{8}-\\d{6})-[0-9a-f]{4}"), "$1-xxxx");
  return std::regex_replace(ids, std::regex("process \\d+"), "process N");
}

}  // namespace

TEST_CASE_FIXTURE(Filled, "get lists each type as a table, wide, names, YAML and JSON") {
  for (const char* type : {"runs", "datasets", "models"}) {
    for (const char* form : {"table", "wide", "name"}) {
      const auto outcome = mlctl({"get", type, "-o", form});
      CHECK(outcome.code == 0);
      check_golden(std::string("get/") + type + "." + form + ".txt", masked(outcome.out));
    }
  }
  check_golden("get/models.yaml", mlctl({"get", "models", "-o", "yaml"}).out);
  check_golden("get/datasets.json", mlctl({"get", "datasets", "-o", "json"}).out);
}

TEST_CASE_FIXTURE(Filled, "describe shows samples, layers, metrics and lineage") {
  check_golden("describe/table.txt", masked(mlctl({"describe", "data/risk"}).out));
  check_golden("describe/text.txt", masked(mlctl({"describe", "data/films"}).out));
  check_golden("describe/model.txt", masked(mlctl({"describe", "models/risk"}).out));
  check_golden("describe/run.txt", masked(mlctl({"describe", "run", "train"}).out));
}

TEST_CASE_FIXTURE(Filled, "a name is taken in every form") {
  const std::string expected = mlctl({"describe", "models/risk"}).out;
  CHECK(mlctl({"describe", "model", "models/risk"}).out == expected);
  CHECK(mlctl({"describe", "model/models/risk"}).out == expected);
  CHECK(mlctl({"describe", "model/risk"}).out == expected);
  CHECK(mlctl({"describe", "models", "risk"}).out == expected);
}

TEST_CASE_FIXTURE(Filled, "one value of one model can be read by a script") {
  CHECK(mlctl({"get", "model", "models/risk", "-o", "jsonpath={.evaluation.metrics.accuracy}"}).out ==
        "0.95\n");
}

TEST_CASE_FIXTURE(Filled, "an unknown name is not found, and the nearest is offered") {
  const auto outcome = mlctl({"get", "model", "rask"});
  CHECK(outcome.code == 5);
  CHECK(outcome.err == "error: no model \"rask\"\nhint: did you mean risk?\n");
}

TEST_CASE_FIXTURE(Filled, "a dataset is no model") {
  CHECK(mlctl({"get", "model", "data/risk"}).err.find("data/risk is not a model") != std::string::npos);
}

TEST_CASE_FIXTURE(Filled, "a broken model does not hide the others") {
  REQUIRE(sys::write_file(path() / "models/torn/model.json", "{"));
  const auto outcome = mlctl({"get", "models"});
  CHECK(outcome.code == 0);
  CHECK(outcome.out.find("models/risk") != std::string::npos);
  CHECK(outcome.err.find("warning:") != std::string::npos);
  CHECK(mlctl({"get", "model", "models/torn"}).code == 10);
}

TEST_CASE_FIXTURE(Filled, "lineage leads from the model to the source by hash, wherever the folders went") {
  std::filesystem::rename("data/risk", "data/moved");
  const std::string text = mlctl({"describe", "models/risk"}).out;
  CHECK(text.find("risk.csv") != std::string::npos);
  CHECK(mlctl({"describe", "data/moved"}).out.find("models/risk") != std::string::npos);
}

TEST_CASE_FIXTURE(Filled, "two runs are compared by what differs") {
  add_run("train", "data/risk", "models/risk", {{"epochs", 5}, {"lr", 0.001}}, {{"accuracy", 0.97}});
  const std::string text = mlctl({"describe", "run", "latest", "train-20260131-120320"}).out;
  CHECK(text.find("epochs") != std::string::npos);
  CHECK(text.find("0.97") != std::string::npos);
  CHECK(text.find("lr") == std::string::npos);
  CHECK(mlctl({"get", "runs", "--compare", "latest,train-20260131-120320"}).out == text);
}

TEST_CASE_FIXTURE(Filled, "only the newest runs are listed unless all are asked for") {
  for (int i = 0; i < 25; ++i) add_run("eval", "models/risk", "", {}, {});
  CHECK(std::ranges::count(mlctl({"get", "runs"}).out, '\n') == 21);
  CHECK(std::ranges::count(mlctl({"get", "runs", "--all"}).out, '\n') == 29);
}

TEST_CASE_FIXTURE(test::Project, "nothing to list is a note and exit 0") {
  const auto outcome = mlctl({"get", "models"});
  CHECK(outcome.code == 0);
  CHECK(outcome.out.empty());
  CHECK(outcome.err == "no models found\n");
  CHECK(mlctl({"get", "models", "-o", "jsonpath={.kind}"}).out == "List\n");
}
