#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/base/result.h"

namespace mlctl::sys {

// What an open folder holds, "." and ".." not counted, in no order, and no more than `most` names. `shown` is
// for messages.
Result<std::vector<std::string>> names_in(int folder, const std::filesystem::path& shown,
                                          size_t most = SIZE_MAX);

}  // namespace mlctl::sys
