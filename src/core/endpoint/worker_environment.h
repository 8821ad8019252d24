#pragma once
// The part of the environment that a server process needs. The user who deploys often has keys to stores in
// the environment, and a process that answers strangers for weeks should not have them.

#include <string>
#include <string_view>
#include <vector>

namespace mlctl::serve {

bool is_passed_on(std::string_view variable);

// The "NAME=value" entries that are passed on.
std::vector<std::string> worker_environment(const std::vector<std::string>& entries);

}  // namespace mlctl::serve
