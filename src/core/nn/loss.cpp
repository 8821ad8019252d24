#include "core/nn/loss.h"

#include <algorithm>
#include <cmath>

namespace mlctl::engine {
namespace {

StepResult squared_error(const Batch& batch, const float* output, float* gradient) {
  StepResult result;
  const auto n = static_cast<double>(batch.size);
  for (int64_t i = 0; i < batch.size; ++i) {
    const float error = output[i] - batch.targets[size_t(i)];
    result.loss += double(error) * error / n;
    if (gradient) gradient[i] = static_cast<float>(2.0 * error / n);
  }
  return result;
}

// Σ over examples of a·(−log p), where a[c] = (1 − ε)·w[y]·[c = y] + ε/C·w[c], divided by Σ w[y].
StepResult cross_entropy(const SessionSpec& spec, const Batch& batch, const float* output, float* gradient) {
  const int64_t classes = spec.network.outputs;
  const auto weight = [&](int64_t label) {
    return spec.class_weights.empty() ? 1.0 : double(spec.class_weights[size_t(label)]);
  };
  const double smooth = spec.label_smoothing / static_cast<double>(classes);
  double all_weights = 0, total = 0;
  for (int64_t c = 0; c < classes; ++c) all_weights += weight(c);
  for (const int32_t label : batch.labels) total += weight(label);
  StepResult result;
  for (int64_t i = 0; i < batch.size; ++i) {
    const float* z = output + i * classes;
    const int64_t label = batch.labels[size_t(i)];
    const int64_t best = std::max_element(z, z + classes) - z;
    double sum = 0;
    for (int64_t c = 0; c < classes; ++c) sum += std::exp(z[c] - z[best]);
    const double log_sum = std::log(sum) + z[best];
    const double own = (1 - spec.label_smoothing) * weight(label);
    double loss = own * (log_sum - z[label]);
    if (smooth > 0)
      for (int64_t c = 0; c < classes; ++c) loss += smooth * weight(c) * (log_sum - z[c]);
    result.loss += loss / total;
    result.correct += best == label;
    if (!gradient) continue;
    const double mass = own + smooth * all_weights;
    for (int64_t c = 0; c < classes; ++c) {
      const double wanted = smooth * weight(c) + (c == label ? own : 0);
      gradient[i * classes + c] = static_cast<float>((std::exp(z[c] - log_sum) * mass - wanted) / total);
    }
  }
  return result;
}

}  // namespace

StepResult batch_loss(const SessionSpec& spec, const Batch& batch, const float* output, float* gradient) {
  return spec.loss == Loss::mse ? squared_error(batch, output, gradient)
                                : cross_entropy(spec, batch, output, gradient);
}

}  // namespace mlctl::engine
