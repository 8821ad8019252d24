#include <doctest/doctest.h>

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

TEST_CASE("validate without a file is a usage error") {
  CHECK(run({"validate"}).code == 2);
}
