#pragma once
// Is one model better than another, or was it the sample? Paired percentile bootstrap (Efron): both models
// are scored on the same resamples of the same examples.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/sys/stop.h"

namespace mlctl {

struct Difference {
  std::string metric;
  double model = 0, baseline = 0;
  double low = 0, high = 0;  // 95 % interval of model - baseline
  double difference() const { return model - baseline; }
  bool significant() const { return low > 0 || high < 0; }  // the interval leaves zero out
};

// One example as both models saw it.
struct PairedClasses {
  int32_t truth = 0, model = 0, baseline = 0;
  float model_loss = 0, baseline_loss = 0;
};
struct PairedErrors {
  float model = 0, baseline = 0;  // predicted - truth
};

struct BootstrapOptions {
  uint64_t seed = 1;
  int resamples = 1000;
};

// accuracy, balanced_accuracy, f1, log_loss.
Result<std::vector<Difference>> compare_classes(std::span<const PairedClasses> examples, size_t classes,
                                                const BootstrapOptions& options, const sys::StopFlag& stop);
// mse, rmse, mae.
Result<std::vector<Difference>> compare_errors(std::span<const PairedErrors> examples,
                                               const BootstrapOptions& options, const sys::StopFlag& stop);

// The q-quantile of sorted values, linear between them (numpy's default).
double quantile(std::span<const double> sorted, double q);

}  // namespace mlctl
