#include <nlohmann/json.hpp>

#include "core/eval/evaluate.h"

namespace mlctl {

namespace {

using Json = nlohmann::ordered_json;

Json confusion_json(const Findings& findings) {
  Json counts = Json::array();
  const Confusion& confusion = findings.classes->confusion();
  for (size_t t = 0; t < confusion.classes(); ++t) {
    Json row = Json::array();
    for (size_t p = 0; p < confusion.classes(); ++p) row.push_back(confusion.at(t, p));
    counts.push_back(std::move(row));
  }
  return {{"labels", findings.labels}, {"counts", std::move(counts)}};
}

}  // namespace

Evaluation to_evaluation(const Findings& findings, const std::string& split) {
  Evaluation evaluation;
  evaluation.task = findings.task;
  evaluation.split = split;
  evaluation.samples = findings.samples;
  evaluation.metrics = findings.metrics;
  if (findings.classes) evaluation.confusion = confusion_json(findings);
  return evaluation;
}

Json baseline_json(const std::vector<Difference>& differences, const std::string& name,
                   const std::string& digest) {
  Json metrics = Json::object(), difference = Json::object();
  for (const Difference& one : differences) {
    metrics[one.metric] = one.baseline;
    difference[one.metric] = {{"value", one.difference()},
                              {"low", one.low},
                              {"high", one.high},
                              {"significant", one.significant()}};
  }
  return {{"name", name},
          {"digest", digest},
          {"metrics", std::move(metrics)},
          {"difference", std::move(difference)},
          {"confidence", 0.95},
          {"resamples", BootstrapOptions{}.resamples}};
}

}  // namespace mlctl
