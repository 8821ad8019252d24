#pragma once
// What `gc` can remove: leftovers of interrupted work, old run records, caches.

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
  bool kept = false;  // an old run record that stays, because what it made is still there
};

struct GarbageRules {
  std::filesystem::path project;  // searched for .partial folders and unfinished downloads
  std::filesystem::path cache;
  std::filesystem::path uploads;    // records of unfinished uploads
  size_t keep_runs = 100;           // the newest stay
  std::vector<RunArtifact> served;  // what endpoints serve: "endpoint/NAME" and the digest
  const sys::StopFlag* stop = nullptr;
};

// Whether mlctl made this .partial folder and no process is working in it now.
bool is_leaving(const std::filesystem::path& partial);

// Leaves out what a living process holds, and records of runs that made a dataset, model or endpoint that
// still exists.
Result<std::vector<Garbage>> find_garbage(const GarbageRules& rules, const RunLog& log);

}  // namespace mlctl
