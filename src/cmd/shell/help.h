#pragma once

#include <string>

#include "cmd/shell/command.h"

namespace mlctl {

std::string overview();  // `mlctl`, `mlctl help`
// What a flag is for, with the variable that stands for it.
std::string explained(const FlagInfo& info);
std::string command_help(const Command& command, const std::vector<FlagInfo>& flags);  // `mlctl VERB --help`

}  // namespace mlctl
