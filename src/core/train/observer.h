#pragma once
// Who watches a training: the terminal, the metrics files, tests.

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace mlctl {

using Metrics = std::vector<std::pair<std::string, double>>;  // "loss", "accuracy", "val_loss", …

struct StepReport {
  int64_t epoch = 0, epochs = 0;  // from 1
  int64_t step = 0;               // optimiser steps done, from 1
  int64_t done = 0, samples = 0;  // of this epoch
  int64_t steps_per_epoch = 0;
  double loss = 0;       // of this batch
  double mean_loss = 0;  // of the epoch so far
  double rate = 0;       // learning rate
};

struct EpochReport {
  int64_t epoch = 0, epochs = 0, step = 0;
  double rate = 0, seconds = 0, samples_per_second = 0;
  bool best = false;
  Metrics metrics;
};

class TrainObserver {
 public:
  virtual ~TrainObserver() = default;
  virtual void note(const std::string&) {}
  virtual void warn(const std::string&) {}
  virtual void reading(const std::string& split, int64_t samples, int64_t done) = 0;
  virtual void step(const StepReport& report) = 0;
  virtual void epoch(const EpochReport& report) = 0;
};

class TrainObservers final : public TrainObserver {
 public:
  explicit TrainObservers(std::vector<TrainObserver*> all) : all_(std::move(all)) {}
  void note(const std::string& text) override {
    for (TrainObserver* each : all_) each->note(text);
  }
  void warn(const std::string& text) override {
    for (TrainObserver* each : all_) each->warn(text);
  }
  void reading(const std::string& split, int64_t samples, int64_t done) override {
    for (TrainObserver* each : all_) each->reading(split, samples, done);
  }
  void step(const StepReport& report) override {
    for (TrainObserver* each : all_) each->step(report);
  }
  void epoch(const EpochReport& report) override {
    for (TrainObserver* each : all_) each->epoch(report);
  }

 private:
  std::vector<TrainObserver*> all_;
};

}  // namespace mlctl
