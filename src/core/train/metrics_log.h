#pragma once
// The run folder's metrics.jsonl (append-only, one JSON object a line) and its TensorBoard event file.

#include "core/base/result.h"
#include "core/sys/clock.h"
#include "core/sys/fs.h"
#include "core/train/observer.h"
#include "core/train/tensorboard.h"

namespace mlctl {

class MetricsLog final : public TrainObserver {
 public:
  static Result<MetricsLog> open(const sys::PathAt& folder, const sys::Clock& clock);
  void reading(const std::string&, int64_t, int64_t) override {}
  void step(const StepReport& report) override;
  void epoch(const EpochReport& report) override;

  // The first failure to write. A full disk must not stop a training, but must be reported.
  const Result<>& status() const { return status_; }

 private:
  sys::AppendFile lines_;
  EventFile events_;
  Result<> status_;
};

}  // namespace mlctl
