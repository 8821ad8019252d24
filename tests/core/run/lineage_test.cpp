#include "core/run/lineage.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "core/base/strings.h"

using namespace mlctl;

namespace {

RunRecord run_of(const std::string& command, nlohmann::ordered_json metrics) {
  RunRecord run;
  run.id = command + "-1";
  run.command = command;
  run.metrics = std::move(metrics);
  return run;
}

// Runs at 00:01, 00:02 … in the order given, kept newest first as RunLog lists them.
struct History {
  std::vector<RunRecord> runs;

  RunRecord& add(const std::string& id, std::vector<RunArtifact> inputs, std::vector<RunArtifact> outputs) {
    RunRecord run;
    run.id = run.command = id;
    run.started = fmt::format("2026-01-31T00:{:02}:00.000Z", runs.size() + 1);
    run.status = "succeeded";
    run.folder = "/project";
    run.inputs = std::move(inputs);
    run.outputs = std::move(outputs);
    return *runs.insert(runs.begin(), std::move(run));
  }
};

std::string ids(const std::vector<RunRecord>& steps) {
  std::vector<std::string> names;
  for (const RunRecord& run : steps) names.push_back(run.id);
  return join(names, " ");
}

}  // namespace

TEST_CASE("of equal contents each has the run that made it at its path") {
  History history;
  history.add("first", {{"a.csv", "A"}}, {{"data/one", "D"}});
  history.add("second", {{"b.csv", "B"}}, {{"data/two/", "D"}});
  history.add("train", {{"data/one", "D"}}, {{"model", "M"}});
  CHECK(ids(made_by(history.runs, {"/project/data/one", "D"})) == "first");
  CHECK(ids(made_by(history.runs, {"/project/data/two", "D"})) == "second");
  CHECK(ids(made_by(history.runs, {"/moved", "D"})) == "second");
  CHECK(ids(made_by(history.runs, {"/project/model", "M"})) == "train first");
  CHECK(ids(used_by(history.runs, {"/project/data/one", "D"})) == "train");
  CHECK(ids(used_by(history.runs, {"/project/data/two", "D"})).empty());
}

TEST_CASE("what was made after a run is not where the run's inputs come from") {
  History history;
  history.add("old", {}, {{"data", "D"}});
  history.add("train", {{"data", "D"}}, {{"model", "M"}});
  history.add("again", {}, {{"data", "D"}});
  CHECK(ids(made_by(history.runs, {"/project/model", "M"})) == "train old");
  CHECK(ids(made_by(history.runs, {"/project/data", "D"})) == "again");
  CHECK(ids(used_by(history.runs, {"/project/data", "D"})) == "train");
}

TEST_CASE("a step that changed nothing stands between what it took and what it left") {
  History history;
  history.add("ingest", {}, {{"raw", "D"}});
  history.add("clean", {{"raw", "D"}}, {{"clean", "D"}});
  history.add("train", {{"clean", "D"}}, {{"model", "M"}});
  CHECK(ids(made_by(history.runs, {"/project/model", "M"})) == "train clean ingest");
  CHECK(ids(made_by(history.runs, {"/project/raw", "D"})) == "ingest");
  CHECK(ids(used_by(history.runs, {"/project/raw", "D"})) == "clean train");
}

TEST_CASE(
    "an endpoint comes from its last deployment or rollback; a redeployment that did nothing is no step") {
  History history;
  history.add("train", {}, {{"model", "M"}});
  history.add("deploy", {{"model", "M"}}, {{"endpoint/e", "M"}});
  history.add("redeploy", {{"model", "M"}}, {{"endpoint/e", "M"}}).up_to_date = true;
  CHECK(ids(made_by(history.runs, {"endpoint/e", "M"})) == "deploy train");
  CHECK(ids(used_by(history.runs, {"/project/model", "M"})) == "deploy");
  CHECK(ids(made_by(history.runs, {"/project/model", "M"})) == "train");
  history.add("rollback", {{"model", "M"}}, {{"endpoint/e", "M"}});
  CHECK(ids(made_by(history.runs, {"endpoint/e", "M"})) == "rollback train");
  CHECK(ids(made_by(history.runs, {"endpoint/of-another-project", "M"})) == "train");
}

TEST_CASE("removals are those of the cleans that removed something, by rule and split") {
  const nlohmann::ordered_json removed = {{"exact_duplicate", {{"test", 1}, {"train", 8}}}};
  const auto found =
      removals({run_of("train", {{"accuracy", 0.9}}), run_of("clean", {{"removed", removed}}),
                run_of("clean", {{"removed", nlohmann::ordered_json::object()}}), run_of("clean", nullptr)});
  REQUIRE(found.size() == 1);
  CHECK(found[0]["run"] == "clean-1");
  CHECK(found[0]["removed"] == removed);
  CHECK(removals_text(found) == "  exact_duplicate: 1 of test, 8 of train (clean-1)\n");
}
