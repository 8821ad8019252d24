#include "core/train/validate.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/features/encode.h"

namespace mlctl {

namespace {

struct Sums {
  double loss = 0, correct = 0;
  double squared = 0, absolute = 0, truth = 0, truth_squared = 0;
};

void add_classes(const BatchBuffer& batch, const std::vector<float>& outputs, Sums& sums) {
  const size_t classes = outputs.size() / static_cast<size_t>(batch.size);
  for (size_t i = 0; i < batch.labels.size(); ++i) {
    const auto row = outputs.begin() + static_cast<ptrdiff_t>(i * classes);
    const auto top = std::max_element(row, row + static_cast<ptrdiff_t>(classes)) - row;
    if (top == batch.labels[i]) ++sums.correct;
  }
}

void add_values(const BatchBuffer& batch, const std::vector<float>& outputs, const Model& model, Sums& sums) {
  for (size_t i = 0; i < batch.targets.size(); ++i) {
    const double truth = value_of(model, batch.targets[i]);
    const double error = value_of(model, outputs[i]) - truth;
    sums.squared += error * error;
    sums.absolute += std::abs(error);
    sums.truth += truth;
    sums.truth_squared += truth * truth;
  }
}

Metrics result(const Sums& sums, const Model& model, int64_t size) {
  const auto n = static_cast<double>(size);
  if (model.task == Task::classification) return {{"loss", sums.loss / n}, {"accuracy", sums.correct / n}};
  const double spread = sums.truth_squared - sums.truth * sums.truth / n;
  return {{"loss", sums.loss / n},
          {"mse", sums.squared / n},
          {"rmse", std::sqrt(sums.squared / n)},
          {"mae", sums.absolute / n},
          {"r2", spread > 0 ? 1 - sums.squared / spread : 0}};
}

}  // namespace

Result<Metrics> validate(Predictor& network, const Filler& filler, const PackedSplit& split,
                         const Model& model, int64_t batch_size, const sys::StopFlag& stop) {
  std::vector<uint32_t> order(static_cast<size_t>(split.size));
  std::iota(order.begin(), order.end(), 0U);
  Batches batches(filler, std::move(order), batch_size, 0);
  Sums sums;
  while (const BatchBuffer* batch = batches.next()) {
    if (stop) return fail(Exit::interrupted, "stopped while validating");
    double loss = 0;
    const std::vector<float> outputs = TRY(network.forward(batch->view(), &loss));
    sums.loss += loss * static_cast<double>(batch->size);
    if (model.task == Task::classification) {
      add_classes(*batch, outputs, sums);
    } else {
      add_values(*batch, outputs, model, sums);
    }
  }
  return result(sums, model, split.size);
}

}  // namespace mlctl
