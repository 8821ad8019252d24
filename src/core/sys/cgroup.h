#pragma once
// What Linux control groups, version 1 or 2, let this process use.

#include <cstdint>
#include <filesystem>

namespace mlctl::sys {

struct CgroupLimits {
  int cpus = 0;         // rounded up; 0: no limit
  uint64_t memory = 0;  // bytes; 0: no limit
};

// Groups are nested, and a limit holds for all groups below it: the tightest counts, from the process's own
// group up to the root that it can see. `root` is where /proc and /sys are.
CgroupLimits cgroup_limits(const std::filesystem::path& root = "/");

}  // namespace mlctl::sys
