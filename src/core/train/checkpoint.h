#pragma once
// Where a training stands, on disk: CHECKPOINTS/step-N/{weights,optimizer}.safetensors and, written last as
// the commit mark, state.json with their hashes. The best epoch's weights lie beside, as best-N.safetensors.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "core/base/result.h"
#include "core/sys/folder.h"
#include "core/tensor/tensor.h"

namespace mlctl {

// Everything besides tensors that the rest of the training depends on. Random numbers are counter-based, so
// the counters are all there is to them.
struct TrainState {
  int64_t epoch = 0;    // being trained, from 0
  int64_t batch = 0;    // batches of it done
  int64_t step = 0;     // optimiser steps done
  double loss_sum = 0;  // over the samples of this epoch so far
  int64_t correct = 0, seen = 0;
  int64_t best_epoch = -1;  // -1: none yet
  double best_value = 0;
  std::string best_sha256;
  nlohmann::ordered_json best_metrics;
  int64_t bad_epochs = 0;  // since the best
  double plateau = 1;      // factor of the plateau schedule
  int64_t plateau_bad = 0;
  double plateau_best = 0;
  bool stopped_early = false;
  bool finished = false;  // all epochs are done
  int threads = 0;        // pinned: another number changes the sums' order
  std::string blas;
  nlohmann::ordered_json history = nlohmann::ordered_json::array();  // one object per finished epoch
};

struct Checkpoint {
  TrainState state;
  TensorMap weights, optimizer;
};

class CheckpointFolder {
 public:
  CheckpointFolder(sys::PathAt folder, int64_t keep) : folder_(std::move(folder)), keep_(keep) {}

  Result<> save(const TrainState& state, const TensorMap& weights, const TensorMap& optimizer) const;
  // Returns the file's SHA-256 for the state.
  Result<std::string> save_best(int64_t epoch, const TensorMap& weights) const;
  Result<TensorMap> best(const TrainState& state) const;

  // The newest checkpoint that is whole; damaged ones are passed over. Nothing when there is none.
  Result<std::optional<Checkpoint>> latest() const;
  std::filesystem::path place(const TrainState& state) const;  // its folder
  Result<> clear() const;

 private:
  Result<> prune(const TrainState& newest) const;
  sys::PathAt folder_;
  int64_t keep_;
};

}  // namespace mlctl
