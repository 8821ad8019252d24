#pragma once
// Stored evaluations: MODEL/evaluations/NNNN-SPLIT-HASH.json, beside the model and outside its hash. `eval`
// writes them; `deploy` reads the newest to know whether the model passed its gates.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/base/result.h"

namespace mlctl {

struct GateOutcome {
  std::string expr;  // "accuracy>=0.90", as the user wrote it
  double value = 0;  // the metric's
  bool passed = false;
};

struct Evaluation {
  std::string task, split;
  int64_t samples = 0;
  nlohmann::ordered_json metrics;    // {"accuracy": 0.91, …}
  nlohmann::ordered_json confusion;  // {labels, counts} with rows of truth; null but for classification
  std::vector<GateOutcome> gates;
  nlohmann::ordered_json baseline;  // null without --baseline
  std::string model, data;          // digests

  bool passed() const;  // no gate failed
};

// The fields of `kind: Evaluation`, without apiVersion and kind.
nlohmann::ordered_json to_json(const Evaluation& evaluation);
Result<Evaluation> evaluation_from_json(const nlohmann::ordered_json& document, const std::string& where);

// Adds an evaluation to the model's, unless it equals the newest. Returns the file.
Result<std::filesystem::path> remember(const std::filesystem::path& model_folder,
                                       const Evaluation& evaluation);
// The file of the newest; empty where there is none.
Result<std::filesystem::path> newest_evaluation(const std::filesystem::path& model_folder);
// All that belong to the model as it is now (its digest), newest first; an unreadable file → 10.
Result<std::vector<Evaluation>> list_evaluations(const std::filesystem::path& model_folder);
// The evaluation that deploy obeys: the newest with gates, because evaluating again without gates does not
// undo a failure; without any gates, the newest.
Result<std::optional<Evaluation>> read_latest(const std::filesystem::path& model_folder);

}  // namespace mlctl
