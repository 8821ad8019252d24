#pragma once

#include <string>

#include "cmd/shell/context.h"

namespace mlctl {

// Asks on a terminal. No terminal and no `yes` → 2; an answer other than y or yes → 1, nothing done.
Result<> confirm(Context& context, const std::string& question, bool yes);

}  // namespace mlctl
