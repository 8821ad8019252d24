#pragma once

#include <functional>
#include <string>

#include "cmd/shell/command.h"
#include "cmd/shell/output.h"
#include "core/run/record.h"

namespace mlctl {

// Runs `work` with a run record, which is written before it starts, and again after it ends with its
// status, exit code and error. `work` may add inputs, outputs and metrics to the record, and files to the
// run's folder. If the state folder can't be written, there is a warning and the work goes on.
RunResult recorded(Context& context, const std::string& command, Json parameters,
                   const std::function<RunResult(RunRecord&, const std::filesystem::path& folder)>& work);

}  // namespace mlctl
