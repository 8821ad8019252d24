#pragma once
// What of the environment a server process needs. Whoever deploys has keys to stores in theirs, and a process
// that answers strangers for weeks should not.

#include <string>
#include <string_view>
#include <vector>

namespace mlctl::serve {

bool is_passed_on(std::string_view variable);

// Of "NAME=value" entries, those that are passed on.
std::vector<std::string> worker_environment(const std::vector<std::string>& entries);

}  // namespace mlctl::serve
