#pragma once
// Learns from the training split how raw examples become inputs.

#include "core/data/shards.h"
#include "core/model/preprocess.h"
#include "core/sys/stop.h"

namespace mlctl {

// `wanted` says what is chosen, not learned: the image size and channels, the text options. The rest is
// filled from the samples of `split`, in one pass with memory for the distinct values only.
Result<Preprocess> fit_preprocess(Shards& shards, const Dataset& dataset, const std::string& split,
                                  Preprocess wanted, const sys::StopFlag& stop);

}  // namespace mlctl
