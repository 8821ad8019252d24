#include "core/eval/bootstrap.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/base/random.h"
#include "core/eval/metrics.h"

namespace mlctl {

namespace {

// Both models' metrics over examples that `position(0 … size)` chooses. A template: it is called a billion
// times.
struct Pair {
  std::vector<double> model, baseline;
};

std::vector<double> class_metrics(const ClassTallies& tallies, double loss, size_t count) {
  const OverallScores scores = overall(tallies);
  return {scores.accuracy, scores.balanced_accuracy, scores.f1, loss / static_cast<double>(count)};
}

template <class Positions>
Pair score_classes(std::span<const PairedClasses> examples, size_t classes, Positions&& position) {
  ClassTallies model(classes), baseline(classes);
  double model_loss = 0, baseline_loss = 0;
  for (size_t k = 0; k < examples.size(); ++k) {
    const PairedClasses& one = examples[position(k)];
    const auto truth = static_cast<size_t>(one.truth);
    model.add(truth, static_cast<size_t>(one.model));
    baseline.add(truth, static_cast<size_t>(one.baseline));
    model_loss += static_cast<double>(one.model_loss);
    baseline_loss += static_cast<double>(one.baseline_loss);
  }
  return {class_metrics(model, model_loss, examples.size()),
          class_metrics(baseline, baseline_loss, examples.size())};
}

std::vector<double> error_metrics(const std::array<double, 2>& sums, size_t count) {
  const double mse = sums[0] / static_cast<double>(count);
  return {mse, std::sqrt(mse), sums[1] / static_cast<double>(count)};
}

template <class Positions>
Pair score_errors(std::span<const PairedErrors> examples, Positions&& position) {
  std::array<double, 2> model{}, baseline{};  // squares, absolutes
  const auto add = [](std::array<double, 2>& sums, double error) {
    sums[0] += error * error;
    sums[1] += std::fabs(error);
  };
  for (size_t k = 0; k < examples.size(); ++k) {
    const PairedErrors& one = examples[position(k)];
    add(model, static_cast<double>(one.model));
    add(baseline, static_cast<double>(one.baseline));
  }
  return {error_metrics(model, examples.size()), error_metrics(baseline, examples.size())};
}

template <class Score>
Result<std::vector<Difference>> resampled(const std::vector<std::string>& metrics, size_t count,
                                          const Score& score, const BootstrapOptions& options,
                                          const sys::StopFlag& stop) {
  std::vector<Difference> differences;
  if (count == 0) return differences;
  const Pair whole = score([](size_t k) { return k; });
  std::vector<std::vector<double>> draws(metrics.size());
  for (int resample = 0; resample < options.resamples; ++resample) {
    if (stop) return fail(stop.code(), "stopped while comparing with the baseline");
    Random random(options.seed, static_cast<uint64_t>(resample));
    const Pair drawn = score([&](size_t) { return static_cast<size_t>(random.below(count)); });
    for (size_t m = 0; m < metrics.size(); ++m) draws[m].push_back(drawn.model[m] - drawn.baseline[m]);
  }
  for (size_t m = 0; m < metrics.size(); ++m) {
    std::sort(draws[m].begin(), draws[m].end());
    differences.push_back({metrics[m], whole.model[m], whole.baseline[m], quantile(draws[m], 0.025),
                           quantile(draws[m], 0.975)});
  }
  return differences;
}

}  // namespace

double quantile(std::span<const double> sorted, double q) {
  if (sorted.empty()) return 0;
  const double at = q * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<size_t>(at);
  const size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (at - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

Result<std::vector<Difference>> compare_classes(std::span<const PairedClasses> examples, size_t classes,
                                                const BootstrapOptions& options, const sys::StopFlag& stop) {
  return resampled(
      {"accuracy", "balanced_accuracy", "f1", "log_loss"}, examples.size(),
      [&](auto&& at) { return score_classes(examples, classes, at); }, options, stop);
}

Result<std::vector<Difference>> compare_errors(std::span<const PairedErrors> examples,
                                               const BootstrapOptions& options, const sys::StopFlag& stop) {
  return resampled(
      {"mse", "rmse", "mae"}, examples.size(), [&](auto&& at) { return score_errors(examples, at); }, options,
      stop);
}

}  // namespace mlctl
