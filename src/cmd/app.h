#pragma once

#include <string>
#include <vector>

#include "cmd/command.h"
#include "cmd/context.h"

namespace mlctl {

// The whole program but its process: parses, dispatches, prints an error once, returns the exit code.
// Arguments are without the program's name.
int run_app(const std::vector<std::string>& arguments, Context& context);

// Every flag and argument of a command with the global flags; only these for nullptr.
std::vector<FlagInfo> flag_table(const Command* command);

}  // namespace mlctl
