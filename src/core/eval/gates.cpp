#include "core/eval/gates.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/base/strings.h"

namespace mlctl {

namespace {

bool holds(const Gate& gate, double value) {
  if (gate.op == ">=") return value >= gate.bound;
  if (gate.op == ">") return value > gate.bound;
  if (gate.op == "<=") return value <= gate.bound;
  if (gate.op == "<") return value < gate.bound;
  return value == gate.bound;
}

auto malformed(const std::string& expr, const std::string& why) {
  return fail(Exit::usage, fmt::format("--gate \"{}\": {}", expr, why),
              "write METRIC>=NUMBER with >= > <= < or ==, in quotes: 'accuracy>=0.90'");
}

}  // namespace

Result<Gate> parse_gate(const std::string& expr) {
  const size_t begin = expr.find_first_of("<>=!");
  if (begin == std::string::npos) return malformed(expr, "there is no comparison");
  const size_t end = std::min(expr.find_first_not_of("<>=!", begin), expr.size());
  Gate gate{expr, std::string(trim(expr.substr(0, begin))), expr.substr(begin, end - begin), 0};
  constexpr std::string_view kOperators[] = {">=", ">", "<=", "<", "=="};
  if (std::find(std::begin(kOperators), std::end(kOperators), gate.op) == std::end(kOperators))
    return malformed(expr, fmt::format("\"{}\" is not a comparison", gate.op));
  if (gate.metric.empty()) return malformed(expr, "there is no metric");
  const Result<double> bound = parse_double(trim(expr.substr(end)));
  if (!bound) return malformed(expr, fmt::format("\"{}\" is not a number", trim(expr.substr(end))));
  gate.bound = *bound;
  return gate;
}

Result<> check_gates(const std::vector<Gate>& gates, const std::vector<std::string>& metrics) {
  for (const Gate& gate : gates) {
    if (std::find(metrics.begin(), metrics.end(), gate.metric) != metrics.end()) continue;
    const std::string near = did_you_mean(gate.metric, metrics);
    return fail(
        Exit::usage, fmt::format("--gate \"{}\": this model has no metric \"{}\"", gate.expr, gate.metric),
        near.empty() ? "its metrics are: " + join(metrics, ", ") : fmt::format("did you mean {}?", near));
  }
  return {};
}

Result<std::vector<GateOutcome>> judge(const std::vector<Gate>& gates,
                                       const nlohmann::ordered_json& metrics) {
  std::vector<GateOutcome> outcomes;
  for (const Gate& gate : gates) {
    const auto found = metrics.find(gate.metric);
    if (found == metrics.end() || !found->is_number())
      return fail(Exit::data,
                  fmt::format("--gate \"{}\": {} has no value on this split", gate.expr, gate.metric),
                  "the split needs examples of every class");
    const double value = found->get<double>();
    outcomes.push_back({gate.expr, value, holds(gate, value)});
  }
  return outcomes;
}

std::string shortfalls(const std::vector<Gate>& gates, const std::vector<GateOutcome>& outcomes) {
  std::vector<std::string> lines;
  for (size_t k = 0; k < gates.size() && k < outcomes.size(); ++k) {
    if (outcomes[k].passed) continue;
    const double away = outcomes[k].value - gates[k].bound;
    lines.push_back(away == 0 ? fmt::format("{}: it is {:.4g}", gates[k].expr, outcomes[k].value)
                              : fmt::format("{}: {:.4g} is {:.4g} {}", gates[k].expr, outcomes[k].value,
                                            std::fabs(away), away < 0 ? "below" : "above"));
  }
  return join(lines, "; ");
}

}  // namespace mlctl
