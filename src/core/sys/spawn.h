#pragma once
// Runs programs, this very one or others, as children that end before the call does.

#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/sys/stop.h"

namespace mlctl::sys {

// `mlctl ARGUMENTS`, its results sent to stderr (or, not to be shown, nowhere) and nothing on its stdin. A
// signal that raised `stop` is passed on, and the child waited for; a killed caller takes it along. Returns
// its exit code; 128 + N when signal N ended it. `variables`: "NAME=VALUE", beside those of this process.
Result<int> run_self(const std::vector<std::string>& arguments, const StopFlag& stop, bool show_results,
                     const std::vector<std::string>& variables = {});

// What a program found on PATH writes to stdout, at most 1 MiB; nothing is on its stdin, its stderr is ours.
// Not to be started, failed or ended by a signal → 1, `timeout` seconds over → 13 and it is killed; the error
// names the program only.
Result<std::string> run_and_read(const std::vector<std::string>& words, double timeout);

}  // namespace mlctl::sys
