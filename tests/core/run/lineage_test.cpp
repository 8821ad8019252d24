#include "core/run/lineage.h"

#include <doctest/doctest.h>

using namespace mlctl;

namespace {

RunRecord run_of(const std::string& command, nlohmann::ordered_json metrics) {
  RunRecord run;
  run.id = command + "-1";
  run.command = command;
  run.metrics = std::move(metrics);
  return run;
}

}  // namespace

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
