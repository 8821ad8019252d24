#pragma once
// Runs the stale stages of a pipeline, in order, and remembers each one that succeeds.

#include <functional>
#include <string>
#include <vector>

#include "core/pipeline/state.h"
#include "core/sys/clock.h"
#include "core/sys/stop.h"

namespace mlctl {

struct StageOutcome {
  std::string name, command;
  std::string status;  // ran | skipped | failed | stale (a dry run) | waiting (after a failure)
  std::string reason;  // why it ran or was skipped
  Exit code = Exit::ok;
  double seconds = 0;
};

struct PipelineHooks {
  std::function<Result<Exit>(const std::vector<std::string>& arguments)> run;  // a whole command line
  std::function<void(const std::string& line)> note;
  const sys::Clock& clock;
  const sys::StopFlag& stop;
  DigestAt digest = [](const std::string& path) { return digest_at(path); };
};

// Stops at the first stage that fails. A dry run only says what would run.
Result<std::vector<StageOutcome>> run_pipeline(const Pipeline& pipeline, const sys::PathAt& state_file,
                                               const PipelineHooks& hooks, bool dry_run);

}  // namespace mlctl
