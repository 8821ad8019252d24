#pragma once
// A network that learns: one step on a batch, one measurement, one save. What drives it decides which batches
// come and when to measure: epochs do (trainer.h).

#include <optional>

#include "core/base/result.h"
#include "core/engine/engine.h"
#include "core/model/package.h"
#include "core/sys/stop.h"
#include "core/train/checkpoint.h"
#include "core/train/loader.h"
#include "core/train/observer.h"
#include "core/train/pack.h"
#include "core/train/spec.h"

namespace mlctl {

struct LearnerParts {
  const TrainSpec& spec;
  const Model& model;
  const PackedSplit* validation;  // null: none
  Session& session;               // holds the tensors of the state that the learner begins with
  const CheckpointFolder& checkpoints;
  const sys::StopFlag& stop;
};

class Learner {
 public:
  Learner(const LearnerParts& parts, TrainState state);

  TrainState& state() { return state_; }
  const TrainState& state() const { return state_; }

  // One optimiser step; adds to the state's totals since they were last cleared. A loss that is not finite → 1
  // naming the step and the last good checkpoint.
  Result<StepResult> step(const BatchBuffer& batch, double rate);
  // The mean of the totals, then what the validation split says ("val_loss", …). Asked to stop → 75.
  Result<Metrics> measure();
  // What is learned is the best so far.
  Result<> keep_best();
  // The weights that keep_best() kept, here or in an earlier process.
  Result<TensorMap> best();
  // A checkpoint of all of this.
  Result<> save();

  tl::unexpected<Error> diverged(const std::string& where, double rate) const;

 private:
  std::string last_good() const;

  LearnerParts parts_;
  TrainState state_;
  std::optional<Filler> validation_;
  std::optional<TensorMap> best_weights_;  // found by this process; an older best is on disk
};

}  // namespace mlctl
