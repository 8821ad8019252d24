#pragma once

#include <string>

#include "cmd/command.h"

namespace mlctl {

std::string overview();  // `mlctl`, `mlctl help`
std::string command_help(const Command& command, const std::vector<FlagInfo>& flags);  // `mlctl VERB --help`

}  // namespace mlctl
