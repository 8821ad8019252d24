#pragma once
// The progress of a command with several stages: one bar each.

#include <memory>
#include <string>

#include "cmd/shell/progress.h"
#include "core/ingest/ingest.h"

namespace mlctl {

class ProgressBars {
 public:
  explicit ProgressBars(Context& context) : context_(context) {}

  // What work reports to; keeps a pointer to this.
  IngestHost host() {
    return {context_.stop,
            [this](const std::string& stage, const std::string& unit, uint64_t done, uint64_t total) {
              show(stage, unit, done, total);
            },
            [this](const std::string& line) { bar_ ? bar_->print_above(line) : context_.io.note(line); },
            [this](const std::string& line) {
              bar_.reset();
              context_.io.warn(line);
            }};
  }

 private:
  void show(const std::string& stage, const std::string& unit, uint64_t done, uint64_t total) {
    if (stage != stage_) {
      bar_.reset();
      bar_ = std::make_unique<Progress>(context_, stage, unit, total);
      stage_ = stage;
    }
    bar_->set(done);
  }

  Context& context_;
  std::unique_ptr<Progress> bar_;
  std::string stage_;
};

}  // namespace mlctl
