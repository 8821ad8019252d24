#include "core/monitor/rules.h"

#include <doctest/doctest.h>

#include <cmath>

using namespace mlctl;
using namespace mlctl::monitor;

namespace {
const std::vector<std::string> kKnown = {"error_rate", "latency_p99"};

Rule rule(const std::string& expr, double hold = 0) {
  Rule parsed{.name = "R", .expr = expr};
  REQUIRE(parse_rule(parsed, kKnown));
  parsed.hold = hold;
  return parsed;
}
}  // namespace

TEST_CASE("a rule fires when its comparison holds") {
  const std::vector<std::pair<std::string, bool>> cases = {
      {"error_rate > 0.01", true},  {"error_rate>0.05", false},    {"error_rate >= 0.05", true},
      {"error_rate < 0.05", false}, {" error_rate <= 5e-2", true}, {"error_rate == 0.05", true},
  };
  for (const auto& [expr, fires] : cases) {
    INFO(expr);
    RuleBook book({rule(expr)});
    CHECK(book.judge({{"error_rate", 0.05}}, 0, false)[0].firing == fires);
  }
}

TEST_CASE("malformed rules are refused, unknown metrics with the nearest name") {
  for (const std::string expr :
       {"error_rate", "error_rate > x", "error_rate => 1", "> 1", "error_rate = 1"}) {
    INFO(expr);
    Rule bad{.name = "R", .expr = expr};
    CHECK_FALSE(parse_rule(bad, kKnown));
  }
  Rule typo{.name = "R", .expr = "eror_rate > 1"};
  const Result<> parsed = parse_rule(typo, kKnown);
  REQUIRE_FALSE(parsed);
  CHECK(parsed.error().hint == "did you mean error_rate?");
}

TEST_CASE("a rule with a hold fires only after its condition lasted") {
  RuleBook book({rule("error_rate > 0.01", 60)});
  CHECK_FALSE(book.judge({{"error_rate", 1}}, 0, false)[0].firing);
  CHECK_FALSE(book.judge({{"error_rate", 0}}, 30, false)[0].firing);
  CHECK_FALSE(book.judge({{"error_rate", 1}}, 40, false)[0].firing);
  CHECK_FALSE(book.judge({{"error_rate", 1}}, 99, false)[0].firing);
  CHECK(book.judge({{"error_rate", 1}}, 100, false)[0].firing);
  CHECK(RuleBook({rule("error_rate > 0.01", 60)}).judge({{"error_rate", 1}}, 0, true)[0].firing);
}

TEST_CASE("a metric without data fires nothing") {
  RuleBook book({rule("latency_p99 < 1")});
  CHECK_FALSE(book.judge({{"latency_p99", std::nan("")}}, 0, false)[0].firing);
  CHECK_FALSE(book.judge({}, 0, false)[0].firing);
}

TEST_CASE("an alert says what is measured and what the rule is, without data that there is none") {
  RuleBook book({rule("error_rate>0.01")});
  CHECK(describe(book.judge({{"error_rate", 0.5}}, 0, false)[0]) ==
        "R: error_rate is 0.5 (the rule: error_rate > 0.01)");
  CHECK(describe(book.judge({{"error_rate", 0}}, 0, false)[0]) ==
        "R: error_rate is 0 (alerts at error_rate > 0.01)");
  CHECK(describe(book.judge({}, 0, false)[0]) == "R: no data yet for error_rate > 0.01");
}
