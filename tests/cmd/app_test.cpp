#include <doctest/doctest.h>

#include "fakes/test_app.h"

using mlctl::test::run;

TEST_CASE("an unknown command suggests the nearest one and exits 2") {
  const auto outcome = run({"versoin"});
  CHECK(outcome.code == 2);
  CHECK(outcome.out.empty());
  CHECK(outcome.err == "error: unknown command \"versoin\"\nhint: did you mean mlctl version?\n");
}

TEST_CASE("an unknown flag suggests the nearest one and exits 2") {
  const auto outcome = run({"version", "--quite"});
  CHECK(outcome.code == 2);
  CHECK(outcome.err.find("unknown flag \"--quite\"\nhint: did you mean --quiet?") != std::string::npos);
}

TEST_CASE("global flags may stand before the verb") {
  CHECK(run({"-o", "name", "version"}).out.starts_with("version/"));
}

TEST_CASE("-o json prints one document with apiVersion and kind") {
  const auto outcome = run({"version", "-o", "json"});
  CHECK(outcome.code == 0);
  CHECK(outcome.out.find("\"apiVersion\": \"mlctl.dev/v1\",\n  \"kind\": \"Version\"") != std::string::npos);
}
