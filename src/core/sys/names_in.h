#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/base/result.h"

namespace mlctl::sys {

// The names in an open folder without "." and "..", in no order, and at most `most` of them. `shown` is for
// messages.
Result<std::vector<std::string>> names_in(int folder, const std::filesystem::path& shown,
                                          size_t most = SIZE_MAX);

}  // namespace mlctl::sys
