#include "core/eval/metrics.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace mlctl {

namespace {

double ratio(int64_t part, int64_t whole) {
  return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0;
}

struct Step {
  int64_t positives = 0, negatives = 0;  // with a score at least the threshold
};

// The cumulative counts after each distinct score.
std::vector<Step> steps_of(std::span<const Scored> scores) {
  std::vector<Step> steps;
  Step now;
  for (size_t k = 0; k < scores.size(); ++k) {
    ++(scores[k].positive ? now.positives : now.negatives);
    if (k + 1 == scores.size() || scores[k + 1].score != scores[k].score) steps.push_back(now);
  }
  return steps;
}

bool bends(const Step& before, const Step& at, const Step& after) {
  return before.positives + after.positives != 2 * at.positives ||
         before.negatives + after.negatives != 2 * at.negatives;
}

}  // namespace

ClassTallies::ClassTallies(const Confusion& confusion) : ClassTallies(confusion.classes()) {
  for (size_t t = 0; t < confusion.classes(); ++t) {
    right[t] = confusion.at(t, t);
    for (size_t p = 0; p < confusion.classes(); ++p) {
      truth[t] += confusion.at(t, p);
      predicted[p] += confusion.at(t, p);
    }
  }
}

std::vector<ClassScores> per_class(const ClassTallies& tallies) {
  std::vector<ClassScores> scores;
  for (size_t c = 0; c < tallies.truth.size(); ++c) {
    ClassScores one;
    one.precision = ratio(tallies.right[c], tallies.predicted[c]);
    one.recall = ratio(tallies.right[c], tallies.truth[c]);
    one.f1 = ratio(2 * tallies.right[c], tallies.truth[c] + tallies.predicted[c]);
    one.support = tallies.truth[c];
    scores.push_back(one);
  }
  return scores;
}

OverallScores overall(const ClassTallies& tallies) {
  OverallScores sum;
  int64_t right = 0, total = 0, occurring = 0, seen = 0;
  const std::vector<ClassScores> each = per_class(tallies);
  for (size_t c = 0; c < each.size(); ++c) {
    right += tallies.right[c];
    total += tallies.truth[c];
    if (tallies.truth[c] > 0) ++occurring, sum.balanced_accuracy += each[c].recall;
    if (tallies.truth[c] + tallies.predicted[c] == 0) continue;
    ++seen;
    sum.precision += each[c].precision;
    sum.recall += each[c].recall;
    sum.f1 += each[c].f1;
  }
  const double classes = std::max<double>(1, static_cast<double>(seen));
  return {ratio(right, total), sum.balanced_accuracy / std::max<double>(1, static_cast<double>(occurring)),
          sum.precision / classes, sum.recall / classes, sum.f1 / classes};
}

double log_loss_of(double probability) {
  constexpr double kEpsilon = std::numeric_limits<double>::epsilon();
  return -std::log(std::clamp(probability, kEpsilon, 1 - kEpsilon));
}

void sort_scores(std::vector<Scored>& scores) {
  std::sort(scores.begin(), scores.end(), [](const Scored& a, const Scored& b) { return a.score > b.score; });
}

double area_under_roc(std::span<const Scored> scores) {
  const std::vector<Step> steps = steps_of(scores);
  if (steps.empty() || steps.back().positives == 0 || steps.back().negatives == 0)
    return std::numeric_limits<double>::quiet_NaN();
  double area = 0;
  Step last;
  for (const Step& step : steps) {
    area += static_cast<double>(step.negatives - last.negatives) *
            static_cast<double>(step.positives + last.positives) / 2;
    last = step;
  }
  return area / (static_cast<double>(last.positives) * static_cast<double>(last.negatives));
}

double average_precision(std::span<const Scored> scores) {
  const std::vector<Step> steps = steps_of(scores);
  double sum = 0;
  Step last;
  for (const Step& step : steps) {
    sum += ratio(step.positives - last.positives, steps.back().positives) *
           ratio(step.positives, step.positives + step.negatives);
    last = step;
  }
  return sum;
}

Curve roc_curve(std::span<const Scored> scores) {
  const std::vector<Step> steps = steps_of(scores);
  Curve curve = {{0, 0}};
  for (size_t k = 0; k < steps.size(); ++k) {
    if (k > 0 && k + 1 < steps.size() && !bends(steps[k - 1], steps[k], steps[k + 1])) continue;
    curve.emplace_back(ratio(steps[k].negatives, steps.back().negatives),
                       ratio(steps[k].positives, steps.back().positives));
  }
  return curve;
}

Curve precision_recall_curve(std::span<const Scored> scores) {
  const std::vector<Step> steps = steps_of(scores);
  Curve curve;
  for (size_t k = steps.size(); k-- > 0;) {
    curve.emplace_back(ratio(steps[k].positives, steps.back().positives),
                       ratio(steps[k].positives, steps[k].positives + steps[k].negatives));
  }
  curve.emplace_back(0, 1);
  return curve;
}

void Calibration::add(double confidence, bool right) {
  const auto bin = static_cast<size_t>(std::clamp(confidence, 0.0, 1.0) * kBins);
  Bin& at = bins_[std::min(bin, kBins - 1)];
  ++at.count;
  at.right += right ? 1 : 0;
  at.confidence += confidence;
}

double Calibration::expected_error() const {
  double error = 0, count = 0;
  for (const Bin& bin : bins_) {
    error += std::fabs(static_cast<double>(bin.right) - bin.confidence);
    count += static_cast<double>(bin.count);
  }
  return count > 0 ? error / count : 0;
}

void ValueErrors::add(double truth, double predicted) {
  ++count_;
  squares_ += (truth - predicted) * (truth - predicted);
  absolutes_ += std::fabs(truth - predicted);
  const double away = truth - mean_;
  mean_ += away / static_cast<double>(count_);
  spread_ += away * (truth - mean_);
}

double ValueErrors::mse() const {
  return count_ > 0 ? squares_ / static_cast<double>(count_) : 0;
}
double ValueErrors::rmse() const {
  return std::sqrt(mse());
}
double ValueErrors::mae() const {
  return count_ > 0 ? absolutes_ / static_cast<double>(count_) : 0;
}
double ValueErrors::r2() const {
  if (spread_ == 0) return squares_ == 0 ? 1 : 0;
  return 1 - squares_ / spread_;
}

double hit_rate_at(size_t k, std::span<const size_t> relevant_ranks) {
  return std::any_of(relevant_ranks.begin(), relevant_ranks.end(), [k](size_t rank) { return rank < k; }) ? 1
                                                                                                          : 0;
}

double ndcg_at(size_t k, std::span<const size_t> relevant_ranks) {
  const auto discount = [](size_t rank) { return 1 / std::log2(static_cast<double>(rank) + 2); };
  double gain = 0, best = 0;
  for (const size_t rank : relevant_ranks) gain += rank < k ? discount(rank) : 0;
  for (size_t rank = 0; rank < std::min(k, relevant_ranks.size()); ++rank) best += discount(rank);
  return best > 0 ? gain / best : 0;
}

}  // namespace mlctl
