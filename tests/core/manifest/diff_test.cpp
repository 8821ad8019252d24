#include "core/manifest/diff.h"

#include <doctest/doctest.h>

using namespace mlctl;
using Json = nlohmann::ordered_json;

TEST_CASE("differences are told key by key, lists as a whole") {
  const Json before = Json::parse(R"({"a": 1, "m": {"x": [1], "y": 2}, "gone": true})");
  const Json now = Json::parse(R"({"a": 1, "m": {"x": [1, 2], "y": 2}, "new": "n"})");
  CHECK(difference_text(differences(before, now, "spec")) ==
        "- spec.m.x: [1]\n+ spec.m.x: [1,2]\n+ spec.new: \"n\"\n- spec.gone: true\n");
  CHECK(differences(now, now, "spec").empty());
}

TEST_CASE("everything differs from nothing") {
  CHECK(difference_text(differences(Json(), Json::parse(R"({"a": 1})"), "spec")) == "+ spec: {\"a\":1}\n");
}
