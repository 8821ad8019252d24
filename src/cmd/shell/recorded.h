#pragma once

#include <functional>
#include <string>

#include "cmd/shell/command.h"
#include "cmd/shell/output.h"
#include "core/run/record.h"

namespace mlctl {

// Runs `work` under a run record: written before it starts, and after it ends with its status, exit code and
// error. `work` may add inputs, outputs and metrics to the record, and files to the run's folder. A state
// folder that cannot be written costs a warning, not the work.
RunResult recorded(Context& context, const std::string& command, Json parameters,
                   const std::function<RunResult(RunRecord&, const std::filesystem::path& folder)>& work);

}  // namespace mlctl
