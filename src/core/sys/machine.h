#pragma once
// What `doctor` asks of the machine.

#include <cstdint>
#include <filesystem>
#include <string>

#include "core/base/result.h"

namespace mlctl::sys {

// Free bytes for this user on the file system of a path, or of its nearest parent that exists.
Result<uint64_t> free_space(const std::filesystem::path& path);
// Whether a folder (or the nearest parent that exists) can be written.
bool can_write(const std::filesystem::path& folder);
std::string machine_maker();  // as the firmware has it: "Amazon EC2", "Google", …; "" where it says nothing
uint64_t memory_limit();      // bytes: the smaller of the machine's memory and the cgroup's limit

}  // namespace mlctl::sys
