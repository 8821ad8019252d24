#include "core/monitor/rules.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "core/base/strings.h"

namespace mlctl::monitor {

namespace {

bool compare(double value, const std::string& comparison, double threshold) {
  if (comparison == ">") return value > threshold;
  if (comparison == "<") return value < threshold;
  if (comparison == ">=") return value >= threshold;
  if (comparison == "<=") return value <= threshold;
  return value == threshold;
}

}  // namespace

Result<> parse_rule(Rule& rule, const std::vector<std::string>& known) {
  const size_t at = rule.expr.find_first_of("<>=");
  const size_t end = rule.expr.find_first_not_of("<>=", at);
  if (at == std::string::npos || end == std::string::npos) {
    return fail(Exit::manifest, fmt::format("rule {}: \"{}\" is not METRIC > NUMBER", rule.name, rule.expr));
  }
  rule.metric = trim(rule.expr.substr(0, at));
  rule.comparison = rule.expr.substr(at, end - at);
  const Result<double> threshold = parse_double(trim(rule.expr.substr(end)));
  const std::vector<std::string> comparisons = {">", "<", ">=", "<=", "=="};
  const bool known_comparison =
      std::find(comparisons.begin(), comparisons.end(), rule.comparison) != comparisons.end();
  if (!threshold || !known_comparison) {
    return fail(Exit::manifest, fmt::format("rule {}: \"{}\" is not METRIC > NUMBER", rule.name, rule.expr));
  }
  rule.threshold = *threshold;
  for (const std::string& name : known) {
    if (name == rule.metric) return {};
  }
  const std::string near = did_you_mean(rule.metric, known);
  return fail(Exit::manifest, fmt::format("rule {}: unknown metric \"{}\"", rule.name, rule.metric),
              near.empty() ? "the metrics: " + join(known, ", ") : fmt::format("did you mean {}?", near));
}

std::vector<Alert> RuleBook::judge(const std::map<std::string, double>& metrics, double now,
                                   bool ignore_hold) {
  std::vector<Alert> alerts;
  for (size_t at = 0; at < rules_.size(); ++at) {
    const Rule& rule = rules_[at];
    const auto found = metrics.find(rule.metric);
    const double value = found == metrics.end() ? std::nan("") : found->second;
    const bool holds = !std::isnan(value) && compare(value, rule.comparison, rule.threshold);
    if (!holds) since_[at] = -1;
    if (holds && since_[at] < 0) since_[at] = now;
    const bool firing = holds && (ignore_hold || now - since_[at] >= rule.hold);
    alerts.push_back({rule, value, holds, firing});
  }
  return alerts;
}

std::string describe(const Alert& alert) {
  const std::string rule =
      fmt::format("{} {} {:.6g}", alert.rule.metric, alert.rule.comparison, alert.rule.threshold);
  if (std::isnan(alert.value)) return fmt::format("{}: no data yet for {}", alert.rule.name, rule);
  return fmt::format("{}: {} is {:.6g} ({} {})", alert.rule.name, alert.rule.metric, alert.value,
                     alert.firing || alert.holds ? "the rule:" : "alerts at", rule);
}

}  // namespace mlctl::monitor
