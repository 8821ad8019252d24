#include "core/eval/tally.h"

#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

namespace mlctl {

namespace {

constexpr size_t kRows = 20000;          // sampled for the curves of many classes
constexpr size_t kRowNumbers = 4000000;  // probabilities kept at most

}  // namespace

ClassTally::ClassTally(size_t classes)
    : classes_(classes),
      confusion_(classes),
      rows_(std::min(kRows, kRowNumbers / std::max<size_t>(1, classes))) {}

void ClassTally::add(size_t truth, std::span<const double> probabilities) {
  const auto top = std::max_element(probabilities.begin(), probabilities.end());
  const auto said = static_cast<size_t>(top - probabilities.begin());
  confusion_.add(truth, said);
  calibration_.add(*top, said == truth);
  loss_ += log_loss_of(probabilities[truth]);
  if (classes_ == 2) {
    second_.push_back({static_cast<float>(probabilities[1]), truth == 1});
  } else {
    rows_.add({static_cast<uint32_t>(truth), {probabilities.begin(), probabilities.end()}});
  }
  if (said != truth) worst_.add(*top, {count_, static_cast<double>(truth), static_cast<double>(said), *top});
  ++count_;
}

nlohmann::ordered_json ClassTally::metrics() const {
  const OverallScores scores = overall(ClassTallies(confusion_));
  nlohmann::ordered_json metrics = {{"accuracy", scores.accuracy},
                                    {"balanced_accuracy", scores.balanced_accuracy},
                                    {"precision", scores.precision},
                                    {"recall", scores.recall},
                                    {"f1", scores.f1},
                                    {"log_loss", loss_ / static_cast<double>(std::max<int64_t>(1, count_))}};
  if (classes_ != 2) return metrics;
  const double auc = area_under_roc(scores_of(1));
  metrics["auc"] = std::isnan(auc) ? nlohmann::ordered_json() : nlohmann::ordered_json(auc);
  return metrics;
}

std::vector<Scored> ClassTally::scores_of(size_t positive) const {
  std::vector<Scored> scores = second_;
  for (Scored& score : scores) {
    if (positive == 0) score = {1 - score.score, !score.positive};
  }
  for (const Row& row : rows_.items()) scores.push_back({row.probabilities[positive], row.truth == positive});
  sort_scores(scores);
  return scores;
}

void ValueTally::add(double truth, double predicted) {
  const Mistake mistake{errors_.count(), truth, predicted, 0};
  errors_.add(truth, predicted);
  sample_.add({truth, predicted});
  worst_.add(std::fabs(truth - predicted), mistake);
}

nlohmann::ordered_json ValueTally::metrics(bool with_r2) const {
  nlohmann::ordered_json metrics = {{"mse", errors_.mse()}, {"rmse", errors_.rmse()}, {"mae", errors_.mae()}};
  if (with_r2) metrics["r2"] = errors_.r2();
  return metrics;
}

}  // namespace mlctl
