#pragma once
// Gates: bounds that an evaluation must keep, as 'accuracy>=0.90'.

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "core/base/result.h"
#include "core/eval/evaluations.h"

namespace mlctl {

struct Gate {
  std::string expr;    // as the user wrote it
  std::string metric;  // "accuracy"
  std::string op;      // >= > <= < ==
  double bound = 0;
};
Result<Gate> parse_gate(const std::string& expr);  // malformed → 2

// Every gate's metric must be one of these, else 2 with a did-you-mean.
Result<> check_gates(const std::vector<Gate>& gates, const std::vector<std::string>& metrics);
// A metric without a value on this split (null) → 7.
Result<std::vector<GateOutcome>> judge(const std::vector<Gate>& gates, const nlohmann::ordered_json& metrics);

// "accuracy>=0.90: 0.8712 is 0.0288 below" for each gate that failed, "; " between them; empty when none did.
std::string shortfalls(const std::vector<Gate>& gates, const std::vector<GateOutcome>& outcomes);

}  // namespace mlctl
