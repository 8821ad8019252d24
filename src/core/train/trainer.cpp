#include "core/train/trainer.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/train/learner.h"
#include "core/train/schedule.h"

namespace mlctl {

namespace {

using Json = nlohmann::ordered_json;

constexpr double kSecondsBetweenSaves = 60;  // inside a long epoch
constexpr double kShortestBetweenSaves = 1;  // epochs of milliseconds do not save each time
constexpr int64_t kStepsBetweenLooks = 16;   // at the clock

bool rises(const std::string& metric) {
  return metric.ends_with("accuracy") || metric.ends_with("r2");
}

std::optional<double> find(const Metrics& metrics, const std::string& name) {
  const auto found =
      std::find_if(metrics.begin(), metrics.end(), [&](const auto& each) { return each.first == name; });
  return found == metrics.end() ? std::nullopt : std::optional(found->second);
}

class Trainer {
 public:
  Trainer(const TrainerParts& parts, TrainState state)
      : parts_(parts),
        spec_(parts.spec),
        learner_({parts.spec, parts.model, parts.validation, parts.session, parts.checkpoints, parts.stop},
                 std::move(state)),
        state_(learner_.state()),
        filler_(parts.train, parts.model, parts.spec.augment, parts.spec.seed),
        saved_at_(parts.clock.monotonic()) {
    course_ = {(parts.train.size + spec_.batch_size - 1) / spec_.batch_size, spec_.epochs};
  }

  Result<Trained> run() {
    while (!state_.finished) TRY(run_epoch());
    TensorMap best = TRY(learner_.best());
    return Trained{std::move(state_), std::move(best)};
  }

 private:
  Result<> run_epoch() {
    epoch_began_ = parts_.clock.monotonic();
    const int64_t seen_before = state_.seen;
    Batches batches(filler_, epoch_order(parts_.train.size, spec_.seed, state_.epoch), spec_.batch_size,
                    state_.epoch, state_.batch);
    while (const BatchBuffer* batch = batches.next()) {
      if (parts_.stop) return interrupt();
      TRY(step(*batch));
      if (due_inside_epoch()) TRY(save());
    }
    const double seconds = parts_.clock.monotonic() - epoch_began_;
    return end_epoch(static_cast<double>(state_.seen - seen_before) / std::max(seconds, 1e-9));
  }

  double rate() const {
    return learning_rate(spec_.schedule, spec_.rate, course_, state_.step, state_.plateau);
  }

  Result<> step(const BatchBuffer& batch) {
    const double rate_now = rate();
    const StepResult result = TRY(learner_.step(batch, rate_now));
    parts_.observer.step({state_.epoch + 1, spec_.epochs, state_.step, state_.seen, parts_.train.size,
                          course_.steps_per_epoch, result.loss,
                          state_.loss_sum / static_cast<double>(state_.seen), rate_now});
    return {};
  }

  tl::unexpected<Error> interrupt() {
    if (const Result<> saved = save(); !saved) return fail(saved.error());
    return fail(Exit::interrupted,
                fmt::format("interrupted in epoch {} after step {}: saved", state_.epoch + 1, state_.step),
                "run the same command again to go on from there");
  }

  bool due_inside_epoch() const {
    if (spec_.checkpoint.every_steps > 0) return state_.step % spec_.checkpoint.every_steps == 0;
    if (state_.step % kStepsBetweenLooks != 0) return false;
    return parts_.clock.monotonic() - saved_at_ > kSecondsBetweenSaves;
  }

  bool due_after_epoch() const {
    if (state_.finished) return true;
    if (spec_.checkpoint.every_epochs == 0 || state_.epoch % spec_.checkpoint.every_epochs != 0) return false;
    return parts_.clock.monotonic() - saved_at_ > kShortestBetweenSaves;
  }

  Result<> save() {
    TRY(learner_.save());
    saved_at_ = parts_.clock.monotonic();
    return {};
  }

  Result<> end_epoch(double samples_per_second) {
    const double rate_now =
        learning_rate(spec_.schedule, spec_.rate, course_, state_.step - 1, state_.plateau);
    Result<Metrics> measured = learner_.measure();
    if (!measured && measured.error().code == Exit::interrupted) return interrupt();
    const Metrics metrics = TRY(std::move(measured));
    const auto value = find(metrics, spec_.stopping.metric);
    if (!value) return unknown_metric(metrics);
    if (!std::isfinite(*value)) return learner_.diverged("the end of the epoch", rate_now);
    const bool best = TRY(judge(*value, metrics));
    remember(metrics, rate_now);
    const EpochReport report = {
        state_.epoch,       spec_.epochs, state_.step, rate_now, parts_.clock.monotonic() - epoch_began_,
        samples_per_second, best,         metrics};
    parts_.observer.epoch(report);
    return due_after_epoch() ? save() : Result<>{};
  }

  tl::unexpected<Error> unknown_metric(const Metrics& metrics) const {
    std::vector<std::string> names;
    for (const auto& [name, value] : metrics) names.push_back(name);
    return fail(Exit::manifest,
                fmt::format("spec.earlyStopping.metric: there is no metric {}", spec_.stopping.metric),
                "the metrics are " + join(names, ", "));
  }

  // Decides whether this is the best epoch, whether to stop early, and whether the plateau schedule steps
  // down.
  Result<bool> judge(double value, const Metrics& metrics) {
    const double sign = rises(spec_.stopping.metric) ? -1 : 1;
    const double margin = spec_.stopping.min_delta;
    const bool first = state_.best_epoch < 0;
    const bool best = first || sign * value < sign * state_.best_value - margin;
    state_.bad_epochs = best ? 0 : state_.bad_epochs + 1;
    if (best) {
      state_.best_epoch = state_.epoch;
      state_.best_value = value;
      state_.best_metrics = Json::object();
      for (const auto& [name, each] : metrics) state_.best_metrics[name] = each;
      TRY(learner_.keep_best());
    }
    step_down(sign * value, first);
    const int64_t patience = spec_.stopping.patience;
    state_.stopped_early = patience > 0 && state_.bad_epochs >= patience;
    return best;
  }

  void step_down(double value, bool first) {
    if (first || value < state_.plateau_best) {
      state_.plateau_best = value;
      state_.plateau_bad = 0;
    } else if (++state_.plateau_bad > spec_.schedule.patience) {
      state_.plateau *= spec_.schedule.factor;
      state_.plateau_bad = 0;
    }
  }

  void remember(const Metrics& metrics, double rate_now) {
    Json entry = {{"epoch", state_.epoch + 1}};
    for (const auto& [name, value] : metrics) entry[name] = value;
    entry["lr"] = rate_now;
    state_.history.push_back(std::move(entry));
    ++state_.epoch;
    state_.batch = state_.seen = state_.correct = 0;
    state_.loss_sum = 0;
    state_.finished = state_.stopped_early || state_.epoch >= spec_.epochs;
  }

  const TrainerParts& parts_;
  const TrainSpec& spec_;
  Learner learner_;
  TrainState& state_;  // the learner's
  Course course_;
  Filler filler_;
  double saved_at_ = 0, epoch_began_ = 0;
};

}  // namespace

Result<Trained> run_epochs(const TrainerParts& parts, TrainState start) {
  return Trainer(parts, std::move(start)).run();
}

}  // namespace mlctl
