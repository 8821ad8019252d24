#include "core/eval/gates.h"

#include <doctest/doctest.h>

using namespace mlctl;

TEST_CASE("a gate is a metric, a comparison and a number") {
  struct Case {
    const char* expr;
    const char* metric;
    const char* op;
    double bound;
  };
  const Case cases[] = {{"accuracy>=0.90", "accuracy", ">=", 0.9},
                        {" rmse < 1e-3 ", "rmse", "<", 1e-3},
                        {"ndcg@10>0", "ndcg@10", ">", 0},
                        {"r2>=-1.5", "r2", ">=", -1.5},
                        {"mae<=2", "mae", "<=", 2},
                        {"accuracy==1", "accuracy", "==", 1}};
  for (const Case& c : cases) {
    const Gate gate = parse_gate(c.expr).value();
    CHECK(gate.metric == c.metric);
    CHECK(gate.op == c.op);
    CHECK(gate.bound == c.bound);
    CHECK(gate.expr == c.expr);
  }
}

TEST_CASE("a malformed gate is a usage error that shows how one is written") {
  for (const char* expr : {"", "accuracy", "accuracy>=", ">=0.9", "accuracy=0.9", "accuracy!=1",
                           "accuracy=>1", "accuracy>=ninety", "accuracy>=0.9>=1", "accuracy>=nan"}) {
    CAPTURE(expr);
    const auto gate = parse_gate(expr);
    REQUIRE(!gate);
    CHECK(gate.error().code == Exit::usage);
    CHECK(gate.error().hint.find("accuracy>=0.90") != std::string::npos);
  }
}

TEST_CASE("an unknown metric suggests the nearest") {
  const auto unknown = check_gates({parse_gate("acuracy>=0.9").value()}, {"accuracy", "f1"});
  REQUIRE(!unknown);
  CHECK(unknown.error().code == Exit::usage);
  CHECK(unknown.error().hint == "did you mean accuracy?");
  CHECK(check_gates({parse_gate("mse<1").value()}, {"accuracy", "f1"}).error().hint ==
        "its metrics are: accuracy, f1");
}

TEST_CASE("a failed gate says by how much") {
  const std::vector<Gate> gates = {parse_gate("accuracy>=0.90").value(), parse_gate("log_loss<0.3").value(),
                                   parse_gate("f1>=0.5").value()};
  const nlohmann::ordered_json metrics = {{"accuracy", 0.8712}, {"log_loss", 0.4}, {"f1", 0.5}};
  const auto outcomes = judge(gates, metrics).value();
  CHECK(!outcomes[0].passed);
  CHECK(!outcomes[1].passed);
  CHECK(outcomes[2].passed);
  CHECK(shortfalls(gates, outcomes) ==
        "accuracy>=0.90: 0.8712 is 0.0288 below; log_loss<0.3: 0.4 is 0.1 above");
}

TEST_CASE("a gate on a metric without a value cannot pass silently") {
  const auto outcomes = judge({parse_gate("auc>=0.5").value()}, {{"auc", nullptr}});
  REQUIRE(!outcomes);
  CHECK(outcomes.error().code == Exit::data);
}
