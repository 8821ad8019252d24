#include "core/eval/evaluations.h"

#include <doctest/doctest.h>

#include "core/base/hash.h"
#include "core/sys/fs.h"
#include "fakes/temp_folder.h"

using namespace mlctl;

namespace {

Evaluation example(double accuracy, bool passed) {
  Evaluation evaluation;
  evaluation.task = "classification";
  evaluation.split = "test";
  evaluation.samples = 10;
  evaluation.metrics = {{"accuracy", accuracy}};
  evaluation.gates = {{"accuracy>=0.90", accuracy, passed}};
  evaluation.model = sha256_hex("{}");
  return evaluation;
}

}  // namespace

TEST_CASE("the newest evaluation is the one that counts") {
  test::TempFolder model;
  REQUIRE(sys::write_file(model / "model.json", "{}"));
  CHECK(!read_latest(model.path()).value());
  REQUIRE(remember(model.path(), example(0.95, true)));
  REQUIRE(remember(model.path(), example(0.5, false)));
  const auto latest = read_latest(model.path()).value();
  REQUIRE(latest);
  CHECK(!latest->passed());
  CHECK(latest->gates.at(0).expr == "accuracy>=0.90");
  CHECK(list_evaluations(model.path()).value().size() == 2);
}

TEST_CASE("a look without gates does not undo a failed gate") {
  test::TempFolder model;
  REQUIRE(sys::write_file(model / "model.json", "{}"));
  Evaluation look = example(0.99, true);
  look.gates.clear();
  REQUIRE(remember(model.path(), look));
  CHECK(read_latest(model.path()).value()->passed());
  REQUIRE(remember(model.path(), example(0.5, false)));
  REQUIRE(remember(model.path(), look));
  CHECK(!read_latest(model.path()).value()->passed());
}

TEST_CASE("evaluating again with the same outcome adds nothing") {
  test::TempFolder model;
  REQUIRE(sys::write_file(model / "model.json", "{}"));
  const auto first = remember(model.path(), example(0.95, true)).value();
  CHECK(remember(model.path(), example(0.95, true)).value() == first);
  CHECK(first.filename().string().starts_with("0001-test-"));
}

TEST_CASE("evaluations of a former model in the same folder do not count") {
  test::TempFolder model;
  REQUIRE(sys::write_file(model / "model.json", "{}"));
  REQUIRE(remember(model.path(), example(0.95, true)));
  REQUIRE(sys::write_file(model / "model.json", "{\"retrained\":true}"));
  CHECK(!read_latest(model.path()).value());
}

TEST_CASE("a torn evaluation is told, not taken for a passed one") {
  test::TempFolder model;
  REQUIRE(sys::write_file(model / "model.json", "{}"));
  for (const char* text : {"", "[]", "{\"task\":\"classification\"}"}) {
    REQUIRE(sys::write_file(model / "evaluations/0001-test-00000000.json", text));
    const auto latest = read_latest(model.path());
    REQUIRE(!latest);
    CHECK(latest.error().code == Exit::integrity);
  }
}
