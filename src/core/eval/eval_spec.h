#pragma once
// An Eval manifest.

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/base/result.h"

namespace mlctl {

struct EvalSpec {
  std::string model, data;         // data: DATASET or DATASET:SPLIT
  std::string baseline, report;    // "" = none
  std::vector<std::string> gates;  // "accuracy>=0.9"
};

// The `gate` of a spec: one, or a list.
std::vector<std::string> eval_gates(const nlohmann::ordered_json& spec);
// Of a spec that its schema accepted; anything else → 3, naming `where`.
Result<EvalSpec> eval_spec_from_json(const nlohmann::ordered_json& spec, const std::string& where);

}  // namespace mlctl
