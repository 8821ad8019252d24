#pragma once
// What a training is to do. A Train manifest's `spec`, with the flags laid over it, is completed from the
// dataset (with_defaults), then decoded once (train_spec_from_json). The completed JSON is what --dry-run
// prints and what model.json keeps.
//
// What some of its keys may hold (`mlctl explain train.spec` documents them all):
//   augment         flip | {rotate: DEGREES} | {crop: PIXELS} | {color: STRENGTH}
//   text            {lowercase, buckets, ngrams, maxTokens}
//   model           cnn {filters, kernel, dense, dropout, batchnorm} | resnet18
//                   | mlp {hidden, dropout, activation} | linear | text {embedding, hidden, dropout}
//                   | recommender {dimensions, hidden, dropout}
//   optimizer       {name, lr, momentum, dampening, nesterov, weightDecay, beta1, beta2, epsilon, alpha}
//   schedule        {name, warmupEpochs, minLr, stepEpochs, gamma, factor, patience}
//   clipNorm        a number
//   labelSmoothing  a number
//   classWeights    balanced | {CLASS: WEIGHT}
//   precision       f32
//   threads         a number

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/base/result.h"
#include "core/data/dataset.h"
#include "core/engine/engine.h"
#include "core/model/package.h"

namespace mlctl {

struct Augment {
  bool flip = false;  // left-right, half of the time
  double rotate = 0;  // degrees, uniform in ±
  int64_t crop = 0;   // pixels of shift, uniform in ±, in both directions
  double color = 0;   // brightness and contrast factors, uniform in 1 ± strength
  bool any() const { return flip || rotate > 0 || crop > 0 || color > 0; }
};

enum class ScheduleKind { constant, step, cosine, warmup, onecycle, plateau };

struct ScheduleSpec {
  ScheduleKind kind = ScheduleKind::constant;
  double warmup_epochs = 0;  // the rate rises linearly first, whatever the kind
  double min_rate = 0;       // cosine: where it ends
  double step_epochs = 1;    // step: × gamma every so many epochs
  double gamma = 0.1;
  double factor = 0.1;  // plateau: × factor after `patience` epochs without a better metric
  int64_t patience = 3;
};

struct CheckpointSpec {
  int64_t every_epochs = 1;  // one of the two is 0
  int64_t every_steps = 0;
  int64_t keep = 2;
};

struct StoppingSpec {
  std::string metric = "val_loss";  // also chooses the best epoch, whose weights the model gets
  int64_t patience = 0;             // epochs without a better value; 0 = never stop early
  double min_delta = 0;
};

struct TrainSpec {
  std::string train_split, validation_split;
  Task task = Task::classification;
  ImagePreprocess image;  // size and channels
  TextPreprocess text;
  Augment augment;
  nlohmann::ordered_json model;  // {name, …} or {layers}: see layers.h
  OptimizerSpec optimizer;
  double rate = 0;
  ScheduleSpec schedule;
  int64_t epochs = 0, batch_size = 0;
  StoppingSpec stopping;
  CheckpointSpec checkpoint;
  bool balanced = false;                        // class weights from the training split's counts
  std::map<std::string, double> class_weights;  // else these; 1 for the classes not named
  double label_smoothing = 0;
  std::string device, precision;
  uint64_t seed = 1;
  int threads = 0;
};

// Adds every key of the spec that is not given, chosen by the dataset's kind and size. The result leaves
// out paths and the output, so it depends on content only. A task the dataset can't feed → 7.
Result<nlohmann::ordered_json> with_defaults(const nlohmann::ordered_json& spec, const Dataset& dataset);

// `spec` has passed with_defaults. Values no schema can check → 3 with the key.
Result<TrainSpec> train_spec_from_json(const nlohmann::ordered_json& spec);

}  // namespace mlctl
