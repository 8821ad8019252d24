#include "core/train/learner.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/train/validate.h"

namespace mlctl {

Learner::Learner(const LearnerParts& parts, TrainState state) : parts_(parts), state_(std::move(state)) {
  if (parts.validation != nullptr) validation_.emplace(*parts.validation, parts.model, Augment{}, 0);
}

Result<StepResult> Learner::step(const BatchBuffer& batch, double rate) {
  const StepResult result = TRY(parts_.session.step(batch.view(), rate, state_.step));
  if (!std::isfinite(result.loss)) return diverged(fmt::format("step {}", state_.step + 1), rate);
  ++state_.step;
  ++state_.batch;
  state_.seen += batch.size;
  state_.correct += result.correct;
  state_.loss_sum += result.loss * static_cast<double>(batch.size);
  return result;
}

Result<Metrics> Learner::measure() {
  const auto seen = static_cast<double>(state_.seen);
  Metrics metrics = {{"loss", state_.loss_sum / seen}};
  if (parts_.model.task == Task::classification) {
    metrics.emplace_back("accuracy", static_cast<double>(state_.correct) / seen);
  }
  if (!validation_) return metrics;
  const int64_t batch = std::max<int64_t>(parts_.spec.batch_size, 256);
  const Metrics validation =
      TRY(validate(parts_.session, *validation_, *parts_.validation, parts_.model, batch, parts_.stop));
  for (const auto& [name, value] : validation) metrics.emplace_back("val_" + name, value);
  return metrics;
}

Result<> Learner::keep_best() {
  best_weights_ = TRY(parts_.session.weights());
  return {};
}

Result<TensorMap> Learner::best() {
  if (best_weights_) return std::move(*best_weights_);
  return parts_.checkpoints.best(state_);
}

Result<> Learner::save() {
  if (best_weights_)
    state_.best_sha256 = TRY(parts_.checkpoints.save_best(state_.best_epoch, *best_weights_));
  const TensorMap weights = TRY(parts_.session.weights());
  const TensorMap optimizer = TRY(parts_.session.optimizer_state());
  return parts_.checkpoints.save(state_, weights, optimizer);
}

// Where the last good checkpoint is, for messages.
std::string Learner::last_good() const {
  const auto saved = parts_.checkpoints.latest();
  if (!saved || !*saved) return {};
  return fmt::format("; the last good checkpoint is {} (epoch {}, step {})",
                     parts_.checkpoints.place((*saved)->state).string(), (*saved)->state.epoch + 1,
                     (*saved)->state.step);
}

tl::unexpected<Error> Learner::diverged(const std::string& where, double rate) const {
  return fail(Exit::failed,
              fmt::format("the loss is not a finite number at {} (epoch {})", where, state_.epoch + 1),
              fmt::format("the learning rate was {}: "
                          "train again with a lower --lr, or spec.clipNorm, and --overwrite{}",
                          shortest(rate), last_good()));
}

}  // namespace mlctl
