#pragma once
// The training loop: epochs of batches through a Session, validation, the best epoch, early stopping,
// checkpoints. Knows no files but the checkpoints and no tensor library.

#include "core/base/result.h"
#include "core/engine/engine.h"
#include "core/model/package.h"
#include "core/sys/clock.h"
#include "core/sys/stop.h"
#include "core/train/checkpoint.h"
#include "core/train/loader.h"
#include "core/train/observer.h"
#include "core/train/pack.h"
#include "core/train/spec.h"

namespace mlctl {

struct TrainerParts {
  const TrainSpec& spec;
  const Model& model;
  const PackedSplit& train;
  const PackedSplit* validation;  // null: none
  Session& session;
  const CheckpointFolder& checkpoints;
  const sys::StopFlag& stop;
  const sys::Clock& clock;
  TrainObserver& observer;
};

struct Trained {
  TrainState state;
  TensorMap weights;  // of the best epoch
};

// Goes on from `start`, whose tensors the session already holds. Asked to stop: saves a checkpoint and
// returns 75. A loss that is not finite → 1 naming the step; the last checkpoint stays.
Result<Trained> run_epochs(const TrainerParts& parts, TrainState start);

}  // namespace mlctl
