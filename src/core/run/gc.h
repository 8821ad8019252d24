#pragma once
// What can go: leavings of interrupted work, old run records, caches.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/run/record.h"
#include "core/sys/stop.h"

namespace mlctl {

struct Garbage {
  std::filesystem::path path;
  uint64_t bytes = 0;
  std::string reason;
  bool kept = false;  // an old run record that stays: what it led to is still there
};

struct GarbageRules {
  std::filesystem::path project;  // .partial folders and halves of downloads are sought below it
  std::filesystem::path cache;
  std::filesystem::path uploads;    // the records of those under way
  size_t keep_runs = 100;           // the newest stay
  std::vector<RunArtifact> served;  // by endpoints: "endpoint/NAME" and the digest
  const sys::StopFlag* stop = nullptr;
};

// Whether mlctl left this .partial folder and nobody goes on with it at this moment.
bool is_leaving(const std::filesystem::path& partial);

// Nothing that a living process holds, and no record that leads to a dataset, model or endpoint there is.
Result<std::vector<Garbage>> find_garbage(const GarbageRules& rules, const RunLog& log);

}  // namespace mlctl
