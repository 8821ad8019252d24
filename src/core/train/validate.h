#pragma once
// How good a network is on a packed split.

#include "core/base/result.h"
#include "core/engine/engine.h"
#include "core/model/package.h"
#include "core/sys/stop.h"
#include "core/train/loader.h"
#include "core/train/observer.h"
#include "core/train/pack.h"

namespace mlctl {

// classification: loss, accuracy; regression and recommendation: loss, mse, rmse, mae, r2 in the data's
// units. Stopped in the middle → 75 with no result; the caller saves.
Result<Metrics> validate(Predictor& network, const Filler& filler, const PackedSplit& split,
                         const Model& model, int64_t batch_size, const sys::StopFlag& stop);

}  // namespace mlctl
