#include <doctest/doctest.h>
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "core/sys/fs.h"
#include "fakes/golden.h"
#include "fakes/source_folder.h"
#include "fakes/temp_folder.h"
#include "fakes/test_app.h"

using namespace mlctl;
using mlctl::test::run;

TEST_CASE("validate names each valid file on stdout") {
  const std::string file = (test::source_folder() / "manifests/examples/deploy.yaml").string();
  const auto outcome = run({"validate", "-f", file});
  CHECK(outcome.code == 0);
  CHECK(outcome.out == file + ": valid (Deploy rabbits)\n");
  CHECK(outcome.err.empty());
}

TEST_CASE("validate takes folders, and counts every file") {
  const auto outcome =
      run({"validate", (test::source_folder() / "manifests/examples").string(), "-o", "json"});
  CHECK(outcome.code == 0);
  const auto document = nlohmann::json::parse(outcome.out);
  CHECK(document["kind"] == "Validation");
  CHECK(document["files"].size() >= 11);
}

TEST_CASE("validate shows every problem with its place, a caret and the remedy") {
  std::string text = *sys::read_file(test::source_folder() / "tests/golden/manifests/mistakes.yaml");
  const auto outcome = run({"validate", "-f", "-"}, text);
  CHECK(outcome.code == 3);
  CHECK(outcome.out.empty());
  test::check_golden("manifests/mistakes.txt", outcome.err);
}

TEST_CASE("validate reports the invalid and the valid files of one call") {
  test::TempFolder folder;
  REQUIRE(sys::write_file(folder / "a.yaml", "kind: Nope\n").has_value());
  REQUIRE(sys::write_file(folder / "b.yaml", "a: [1\n").has_value());
  const auto outcome =
      run({"validate", "-f", folder.path().string(), "-f", (folder / "none.yaml").string(), "-o", "json"});
  CHECK(outcome.code == 5);
  const auto document = nlohmann::json::parse(outcome.out);
  CHECK(document["valid"] == false);
  CHECK(document["files"].size() == 3);
}

namespace {

std::string pipeline(const std::string& stages) {
  return "apiVersion: mlctl.dev/v1\nkind: Pipeline\nmetadata: {name: p}\nspec:\n  stages:\n" + stages;
}

// A stage "run: COMMAND" with its flags, on line 6.
std::string stage(const std::string& command, const std::string& with) {
  return "    - {name: " + command + ", run: " + command + ", with: {" + with + "}}\n";
}

}  // namespace

TEST_CASE("a stage that its command would refuse is refused by validate, run --dry-run and run alike") {
  const struct {
    std::string stages, at, said;  // `at`: the text under the caret
  } cases[] = {
      {stage("train", "dataset: d, to: m, epohcs: 2"), "epohcs", "did you mean epochs?"},
      {stage("train", "dataset: d, to: m, epochs: four"), "four", "\"four\" is not a whole number"},
      {stage("train", "dataset: d, to: m, epochs: 0"), "0}", "0 must be at least 1"},
      {stage("train", "dataset: d, to: m, quiet: true"), "quiet", "has no flag or argument \"quiet\""},
      {stage("clean", "dataset: d, to: c, missing: meadian"), "meadian", "did you mean median?"},
      {stage("clean", "dataset: d, to: c, dedupe: nearr"), "nearr", "did you mean near?"},
      {stage("clean", "dataset: d"), "{dataset", "--to DATASET is missing"},
      {stage("eval", "model: m, data: d, gate: [f1>=1, f1>>2]"), "f1>>2", "\">>\" is not a comparison"},
      {stage("deploy", "model: m, tls-cert: x"), "x}", "go together"},
      {stage("upload", "path: m, url: s4://b/k"), "s4:", "there is no store"},
      {stage("train", "file: none.yaml"), "none.yaml", "none.yaml"},
      {"    - {name: train, run: train, with: {dataset: d, to: m}, needs: [trian]}\n", "trian",
       "did you mean train?"},
      {stage("eval", "model: m, data: d") + stage("eval", "model: n, data: d"), "eval, run",
       "was there before"},
      {stage("train", "dataset: d, to: m") + stage("clean", "dataset: m, to: d"), "", "need each other"},
  };
  test::TempFolder folder;
  const std::string file = (folder / "p.yaml").string();
  const sys::Env env{
      {{"XDG_STATE_HOME", folder.path().string()}, {"XDG_CONFIG_HOME", folder.path().string()}}};
  for (const auto& [stages, at, said] : cases) {
    REQUIRE(sys::write_file(file, pipeline(stages)).has_value());
    CAPTURE(stages);
    const size_t found = stages.rfind(at), begin = stages.rfind('\n', found - 1);
    const std::string place = found >= stages.size()       ? ":6:7: "
                              : begin == std::string::npos ? fmt::format(":6:{}: ", found + 1)
                                                           : fmt::format(":7:{}: ", found - begin);
    for (const std::vector<std::string>& line : {std::vector<std::string>{"validate", "-f", file},
                                                 {"run", "-f", file, "--dry-run"},
                                                 {"run", "-f", file}}) {
      const auto outcome = run(line, {}, env);
      CHECK(outcome.code == 3);
      CHECK(outcome.err.find(file + place) != std::string::npos);
      CHECK_MESSAGE(outcome.err.find(said) != std::string::npos, outcome.err);
      CHECK(outcome.err.find("^\n") != std::string::npos);
    }
  }
}

TEST_CASE("every mistake of a pipeline is told at once, those of the schema too") {
  const std::string text = pipeline(stage("train", "dataset: d, to: m, epochs: four, lr: -1, mode: x") +
                                    "    - {nmae: b, run: evl, with: {model: m}, needs: [trian]}\n");
  const auto outcome = run({"validate", "-f", "-"}, text);
  CHECK(outcome.code == 3);
  for (const char* said : {"\"four\"", "-1 must be above 0", "\"mode\"", "\"nmae\"", "\"evl\"", "\"trian\""})
    CHECK_MESSAGE(outcome.err.find(said) != std::string::npos, said);
  CHECK(outcome.err.find("7 problems") != std::string::npos);
}

TEST_CASE("validate without a file is a usage error") {
  CHECK(run({"validate"}).code == 2);
}
