#pragma once
// Keys printed by a program that the user configured: credential_process of AWS, External of Alibaba Cloud.

#include <string>
#include <vector>

#include "cloud/credentials/answers.h"

namespace mlctl::keys {

// Splits a line into words as a POSIX shell does, without expanding anything. A quote left open → 4.
Result<std::vector<std::string>> split_words(const std::string& line, const std::string& place);

// The JSON that `command` prints. It can't be started, fails, is too slow, or prints no JSON → 4 naming
// `place`, without quoting what was printed.
Result<Json> json_of_process(const Asking& asking, const std::string& command, const std::string& place);

}  // namespace mlctl::keys
