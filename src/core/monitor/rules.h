#pragma once
// Alert rules: "METRIC > NUMBER", held for a while.

#include <map>
#include <string>
#include <vector>

#include "core/base/result.h"

namespace mlctl::monitor {

struct Rule {
  std::string name{}, expr{}, severity = "warning";
  std::string metric{}, comparison{};  // of the expr: "error_rate", ">"
  double threshold = 0;
  double hold = 0;  // seconds the condition must last
};

// Fills metric, comparison and threshold from the expr. Malformed, or a metric that is not in `known` → 3
// with the nearest name.
Result<> parse_rule(Rule& rule, const std::vector<std::string>& known);

struct Alert {
  Rule rule;
  double value = 0;    // of the metric; NaN: no data
  bool holds = false;  // the condition holds now
  bool firing = false;
};

// Remembers since when each condition holds.
class RuleBook {
 public:
  explicit RuleBook(std::vector<Rule> rules) : rules_(std::move(rules)), since_(rules_.size(), -1) {}
  // The condition of a metric without data does not hold.
  std::vector<Alert> judge(const std::map<std::string, double>& metrics, double now, bool ignore_hold);

 private:
  std::vector<Rule> rules_;
  std::vector<double> since_;  // -1: it does not hold
};

// "HighErrorRate: error_rate is 0.05 (the rule: error_rate > 0.01)"
std::string describe(const Alert& alert);

}  // namespace mlctl::monitor
