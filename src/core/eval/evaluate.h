#pragma once
// One pass of a split through one model, or two side by side.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/data/shards.h"
#include "core/eval/bootstrap.h"
#include "core/eval/evaluations.h"
#include "core/eval/ranking.h"
#include "core/eval/tally.h"
#include "core/features/inference.h"
#include "core/sys/stop.h"

namespace mlctl {

struct Contender {
  const Model* model = nullptr;
  Forward forward;
};

struct EvaluateRequest {
  Contender model;
  std::optional<Contender> baseline;  // of the same task and, for classification, the same classes
  Shards* shards = nullptr;
  const Dataset* dataset = nullptr;
  std::string split;
  int64_t batch_size = 0;  // 0: by the size of an example
};

struct Findings {
  std::string task;
  int64_t samples = 0;
  std::vector<std::string> labels;    // of classes
  std::optional<ClassTally> classes;  // exactly one of the two
  std::optional<ValueTally> values;
  std::optional<RankingScores> ranking;  // recommendation
  nlohmann::ordered_json metrics;
  std::vector<Mistake> worst;
  std::vector<Difference> differences;  // against the baseline
};

// The names of the metrics that a model is given.
std::vector<std::string> metric_names(const Model& model);

// `progress` is told how many examples are done. An output that is not a number → 1 naming the example.
Result<Findings> evaluate(const EvaluateRequest& request, const std::function<void(int64_t)>& progress,
                          const sys::StopFlag& stop);

// The findings as they are stored and printed; the caller adds gates and digests.
Evaluation to_evaluation(const Findings& findings, const std::string& split);
nlohmann::ordered_json baseline_json(const std::vector<Difference>& differences, const std::string& name,
                                     const std::string& digest);

// What the mistakes look like, fetched by a second reading: as long as `mistakes`.
struct Example {
  std::string key, source;
  std::string picture;  // image: the encoded bytes
  std::string text;
  std::vector<std::string> fields;  // table, ratings
};
Result<std::vector<Example>> fetch_examples(const EvaluateRequest& request,
                                            const std::vector<Mistake>& mistakes);

}  // namespace mlctl
