#pragma once

#include <cstdint>
#include <string_view>

#include "core/base/result.h"

namespace mlctl {

// "500ms", "30s", "10m", "2h", "7d" or plain seconds → seconds; else 2 with how to write one.
Result<double> parse_duration(std::string_view text);

// "500K", "10M", "1.5GiB" or plain bytes → bytes (powers of 1,024); else 2 with how to write one.
Result<uint64_t> parse_bytes(std::string_view text);

}  // namespace mlctl
