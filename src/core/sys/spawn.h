#pragma once
// Runs this very program again, as a child that ends before the call does.

#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/sys/stop.h"

namespace mlctl::sys {

// `mlctl ARGUMENTS`, its results sent to stderr (or, not to be shown, nowhere) and nothing on its stdin. A
// signal that raised `stop` is passed on, and the child waited for; a killed caller takes it along. Returns
// its exit code; 128 + N when signal N ended it.
Result<int> run_self(const std::vector<std::string>& arguments, const StopFlag& stop, bool show_results);

}  // namespace mlctl::sys
