#include "core/text/as_written.h"

#include <doctest/doctest.h>

using namespace mlctl;

TEST_CASE("a record names the variable instead of its value") {
  const std::vector<Expansion> expansions = {
      {"${env:SECRET}", "sesame-9"}, {"${env:N}", "5"}, {"${env:NONE}", ""}};
  CHECK(as_written(std::string("sesame-9"), expansions) == "${env:SECRET}");
  CHECK(as_written(std::string("s3://b/sesame-9/x"), expansions) == "s3://b/${env:SECRET}/x");
  CHECK(as_written(std::string("5"), expansions) == "${env:N}");
  CHECK(as_written(std::string("15"), expansions) == "15");  // a short one may stand there by accident
  CHECK(as_written(std::string(""), expansions) == "");
  const nlohmann::ordered_json value = {{"a", {"sesame-9", 5, nullptr}}, {"sesame-9", true}};
  CHECK(as_written(value, expansions).dump() == R"({"a":["${env:SECRET}",5,null],"sesame-9":true})");
}

TEST_CASE("what a record names is found again while the variable is set") {
  const sys::Env env{{{"SECRET", "sesame-9"}}};
  const std::string path = "m-${env:SECRET}-${env:GONE}-${env:";
  const std::vector<Expansion> variables = variables_in(path, env);
  REQUIRE(variables.size() == 1);
  CHECK(expanded(path, variables) == "m-sesame-9-${env:GONE}-${env:");
}
