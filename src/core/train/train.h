#pragma once
// From a dataset to a model package: the whole of `mlctl train` but the command line.

#include <filesystem>
#include <functional>
#include <string>

#include <nlohmann/json.hpp>

#include "core/base/result.h"
#include "core/data/shards.h"
#include "core/engine/engine.h"
#include "core/model/package.h"
#include "core/output/whole.h"
#include "core/sys/clock.h"
#include "core/sys/stop.h"
#include "core/text/as_written.h"
#include "core/train/observer.h"
#include "core/train/pack_cache.h"
#include "core/train/spec.h"

namespace mlctl {

struct TrainRequest {
  Shards* dataset = nullptr;
  nlohmann::ordered_json spec;  // as given, with the flags laid over it
  std::filesystem::path output;
  bool overwrite = false;
  bool resume = true;
  Upkeep upkeep{};                      // how to check an output that is there already
  std::vector<Expansion> expansions{};  // of variables in the spec: records name them instead of their values
};

// What would be trained: everything decided, nothing written.
struct TrainPlan {
  Dataset dataset;
  std::string dataset_digest;
  nlohmann::ordered_json completed;  // the spec with its defaults
  TrainSpec spec;
  Model model;  // fitted, without metrics
};

struct TrainPorts {
  std::function<Result<Engine*>()> engine;
  sys::Clock& clock;
  const sys::StopFlag& stop;
  TrainObserver& observer;
  const PackCache* packs = nullptr;  // null: decoded data lies in the unfinished output
};

struct TrainOutcome {
  bool up_to_date = false;
  Model model;
  std::string digest;              // of the model
  nlohmann::ordered_json history;  // one object per epoch; empty when up to date
};

// Verifies the dataset's files (→ 10) and completes the spec: the two decide whether a model is up to date.
Result<TrainPlan> settle_training(const TrainRequest& request);
// Fits the preprocessing, builds the network (→ 7 naming the layer).
Result<> fit_plan(const TrainRequest& request, TrainPlan& plan, const sys::StopFlag& stop);
// settle_training(), then fit_plan().
Result<TrainPlan> plan_training(const TrainRequest& request, const sys::StopFlag& stop);

Result<TrainOutcome> train(const TrainRequest& request, const TrainPorts& ports);

}  // namespace mlctl
