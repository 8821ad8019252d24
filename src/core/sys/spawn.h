#pragma once
// Runs programs, mlctl itself or others, as children that end before the call returns.

#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/sys/stop.h"

namespace mlctl::sys {

// Runs `mlctl ARGUMENTS` with nothing on its stdin; its results go to stderr, or nowhere unless
// `show_results`. A signal that raised `stop` is passed on, and the child is waited for; it does not
// survive a killed caller. Returns its exit code; 128 + N when signal N ended it. `variables`: more
// variables for it, "NAME=VALUE".
Result<int> run_self(const std::vector<std::string>& arguments, const StopFlag& stop, bool show_results,
                     const std::vector<std::string>& variables = {});

// What a program found on PATH writes to stdout, at most 1 MiB; it has nothing on stdin, and our stderr.
// Did not start, failed, or was ended by a signal → 1; not done after `timeout` seconds → 13, and it is
// killed. The error names only the program, not its arguments.
Result<std::string> run_and_read(const std::vector<std::string>& words, double timeout);

}  // namespace mlctl::sys
