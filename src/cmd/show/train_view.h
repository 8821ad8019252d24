#pragma once
// What people see of a training: progress, epoch lines, the network's table.

#include <optional>
#include <string>

#include "cmd/shell/context.h"
#include "cmd/shell/output.h"
#include "cmd/shell/progress.h"
#include "core/train/observer.h"
#include "core/train/train.h"

namespace mlctl {

class TrainView final : public TrainObserver {
 public:
  explicit TrainView(Context& context) : context_(context) {}
  void note(const std::string& text) override { context_.io.note(text); }
  void warn(const std::string& text) override { context_.io.warn(text); }
  void reading(const std::string& split, int64_t samples, int64_t done) override;
  void step(const StepReport& report) override;
  void epoch(const EpochReport& report) override;

 private:
  Progress& bar(const std::string& label, int64_t total);

  Context& context_;
  std::string label_;
  std::optional<Progress> progress_;
};

// {layers: [{layer, output, parameters}], parameters} and the same for people.
Json network_json(const Network& network);
std::string network_table(const Network& network);

}  // namespace mlctl
