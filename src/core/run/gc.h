#pragma once
// What can go: leavings of interrupted work, old run records, caches.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/run/record.h"

namespace mlctl {

struct Garbage {
  std::filesystem::path path;
  uint64_t bytes = 0;
  std::string reason;
};

struct GarbageRules {
  std::filesystem::path project;  // .partial folders are sought below it
  std::filesystem::path cache;
  size_t keep_runs = 100;  // the newest stay
};

// Nothing that a living process holds.
Result<std::vector<Garbage>> find_garbage(const GarbageRules& rules, const RunLog& log);

}  // namespace mlctl
