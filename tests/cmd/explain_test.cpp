#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "fakes/golden.h"
#include "fakes/test_app.h"

using mlctl::test::run;

TEST_CASE("explain shows a key's type, meaning, default, values and the keys below") {
  const auto outcome = run({"explain", "train.spec.optimizer"});
  CHECK(outcome.code == 0);
  mlctl::test::check_golden("manifests/explain-optimizer.txt", outcome.out);
}

TEST_CASE("explain reaches through alternatives and lists") {
  CHECK(run({"explain", "train.spec.model.layers.conv2d.filters"}).out.find("Output channels") !=
        std::string::npos);
  CHECK(run({"explain", "Train.spec.model.hidden"}).code == 0);
  CHECK(run({"explain", "pipeline.spec.stages.needs"}).code == 0);
}

TEST_CASE("explain --recursive prints the tree of keys") {
  const auto outcome = run({"explain", "clean.spec", "--recursive"});
  CHECK(outcome.out.find("  rules <map>\n    minSize <text>\n") != std::string::npos);
}

TEST_CASE("explain without a kind lists the kinds") {
  CHECK(run({"explain"}).out.find("Pipeline   Stages that build on each other") != std::string::npos);
}

TEST_CASE("an unknown kind or key is not found, with the nearest one") {
  const auto kind = run({"explain", "trainn"});
  CHECK(kind.code == 5);
  CHECK(kind.err == "error: no manifest kind \"trainn\"\nhint: did you mean Train?\n");
  CHECK(run({"explain", "train.spec.optimiser.lr"}).err ==
        "error: train.spec has no key \"optimiser\"\nhint: did you mean train.spec.optimizer?\n");
  CHECK(run({"explain", "train.spec.epochs.x"}).err ==
        "error: train.spec.epochs has no key \"x\"\nhint: train.spec.epochs has no keys\n");
}

TEST_CASE("explain -o json carries the same") {
  const auto document = nlohmann::json::parse(run({"explain", "train.spec.device", "-o", "json"}).out);
  CHECK(document["field"]["default"] == "auto");
  CHECK(document["field"]["values"].size() == 3);
}
