#pragma once
// Sums up predictions one at a time, with memory that does not grow with them (but for 8 bytes an example
// where a two-class AUC is exact).

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "core/eval/keep.h"
#include "core/eval/metrics.h"

namespace mlctl {

// A wrong answer, or for numbers any answer: `index` counts the split's examples.
struct Mistake {
  int64_t index = 0;
  double truth = 0, said = 0;  // class indices, or values
  double confidence = 0;       // classification: the probability of what was said
};

constexpr size_t kWorst = 24;

class ClassTally {
 public:
  explicit ClassTally(size_t classes);
  void add(size_t truth, std::span<const double> probabilities);

  int64_t count() const { return count_; }
  const Confusion& confusion() const { return confusion_; }
  const Calibration& calibration() const { return calibration_; }
  nlohmann::ordered_json metrics() const;  // auc of two classes; null where only one occurs
  // Scores of one class against the rest, sorted: all of them for two classes, else a sample.
  std::vector<Scored> scores_of(size_t positive) const;
  std::vector<Mistake> worst() { return worst_.take(); }  // most confident first

 private:
  struct Row {
    uint32_t truth = 0;
    std::vector<float> probabilities;
  };
  size_t classes_;
  int64_t count_ = 0;
  double loss_ = 0;
  Confusion confusion_;
  Calibration calibration_;
  std::vector<Scored> second_;  // two classes: the score of the second one
  Reservoir<Row> rows_;         // more classes
  Greatest<Mistake> worst_{kWorst};
};

class ValueTally {
 public:
  void add(double truth, double predicted);

  const ValueErrors& errors() const { return errors_; }
  nlohmann::ordered_json metrics(bool with_r2) const;
  const std::vector<std::pair<double, double>>& sample() const { return sample_.items(); }
  std::vector<Mistake> worst() { return worst_.take(); }

 private:
  ValueErrors errors_;
  Reservoir<std::pair<double, double>> sample_{2000};  // (truth, predicted)
  Greatest<Mistake> worst_{kWorst};
};

}  // namespace mlctl
