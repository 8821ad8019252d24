#pragma once
// Keys that a program of the user's prints: credential_process of AWS, External of Alibaba Cloud.

#include <string>
#include <vector>

#include "cloud/credentials/answers.h"

namespace mlctl::keys {

// As a POSIX shell splits a line, expanding nothing. A quote left open → 4.
Result<std::vector<std::string>> split_words(const std::string& line, const std::string& place);

// What `command` printed; not to be started, failed, too slow or no JSON → 4 naming `place`, nothing printed.
Result<Json> json_of_process(const Asking& asking, const std::string& command, const std::string& place);

}  // namespace mlctl::keys
