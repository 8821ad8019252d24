#include "core/pipeline/run.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/strings.h"

namespace mlctl {

namespace {

class Runner {
 public:
  Runner(const Pipeline& pipeline, const sys::PathAt& state_file, const PipelineHooks& hooks, bool dry_run)
      : pipeline_(pipeline),
        state_file_(state_file),
        hooks_(hooks),
        dry_run_(dry_run),
        state_(read_state(state_file)) {}

  Result<std::vector<StageOutcome>> run() {
    for (const Stage& stage : pipeline_.stages) {
      StageOutcome outcome{stage.name, stage.command, "waiting", "", Exit::ok, 0};
      if (!stopped_) TRY(run_stage(stage, outcome));
      stopped_ = stopped_ || outcome.status == "failed";
      outcomes_.push_back(std::move(outcome));
    }
    return std::move(outcomes_);
  }

 private:
  // In a dry run, the inputs are the old ones: what a stale stage will leave is unknown, so stages that
  // read from it are reported as stale. A stage that only has to run after a stale one stays up to date.
  std::string stale_need(const Stage& stage) const {
    for (const size_t need : stage.needs) {
      if (outcomes_[need].status != "stale") continue;
      const std::string read = read_from(stage, pipeline_.stages[need]);
      if (!read.empty()) return fmt::format("{} writes {} anew", outcomes_[need].name, read);
    }
    return {};
  }

  Result<> run_stage(const Stage& stage, StageOutcome& outcome) {
    const auto known = state_.find(stage.name);
    const StageState* last = known == state_.end() ? nullptr : &known->second;
    outcome.reason = why_stale(last, TRY(current_state(stage, hooks_.digest)));
    if (outcome.reason.empty()) outcome.reason = TRY(why_lost(*last, hooks_.digest));
    if (outcome.reason.empty()) outcome.reason = stale_need(stage);
    if (outcome.reason.empty() && stage.always) outcome.reason = stage.command + " always runs";
    const size_t number = outcomes_.size() + 1;
    if (outcome.reason.empty()) {
      outcome.status = "skipped";
      outcome.reason = "up to date";
      hooks_.note(fmt::format("[{}/{}] {}: up to date", number, pipeline_.stages.size(), stage.name));
      return {};
    }
    hooks_.note(fmt::format("[{}/{}] {}: {}", number, pipeline_.stages.size(), stage.name, outcome.reason));
    outcome.status = "stale";
    return dry_run_ ? Result<>{} : execute(stage, last, outcome);
  }

  Result<> execute(const Stage& stage, const StageState* last, StageOutcome& outcome) {
    std::vector<std::string> line = {stage.command};
    if (may_overwrite(stage, last)) line.emplace_back("--overwrite");
    line.insert(line.end(), stage.arguments.begin(), stage.arguments.end());
    const double started = hooks_.clock.monotonic();
    if (hooks_.stop) {
      outcome.code = hooks_.stop.code();
    } else {
      outcome.code = TRY(hooks_.run(line));
    }
    outcome.seconds = hooks_.clock.monotonic() - started;
    outcome.status = outcome.code == Exit::ok ? "ran" : "failed";
    if (outcome.code != Exit::ok) return {};
    StageState state = TRY(current_state(stage, hooks_.digest));
    state.records = TRY(records_of(stage, hooks_.digest));
    state_[stage.name] = std::move(state);
    return write_state(state_file_, state_);
  }

  // Outputs that this pipeline made may be replaced; others are refused by the command.
  static bool may_overwrite(const Stage& stage, const StageState* last) {
    return stage.can_overwrite && last != nullptr && !stage.outputs.empty() &&
           std::all_of(stage.outputs.begin(), stage.outputs.end(),
                       [&](const StagePath& each) { return last->outputs.contains(each.given); });
  }

  const Pipeline& pipeline_;
  const sys::PathAt& state_file_;
  const PipelineHooks& hooks_;
  bool dry_run_;
  PipelineState state_;
  std::vector<StageOutcome> outcomes_;
  bool stopped_ = false;
};

}  // namespace

Result<std::vector<StageOutcome>> run_pipeline(const Pipeline& pipeline, const sys::PathAt& state_file,
                                               const PipelineHooks& hooks, bool dry_run) {
  return Runner(pipeline, state_file, hooks, dry_run).run();
}

}  // namespace mlctl
