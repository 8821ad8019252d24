#include "core/run/gc.h"

#include <algorithm>

#include "core/sys/fs.h"

namespace mlctl {

namespace fs = std::filesystem;

namespace {

constexpr int kDepth = 5;

uint64_t bytes_below(const fs::path& folder) {
  uint64_t bytes = 0;
  std::error_code code;
  for (auto at = fs::recursive_directory_iterator(folder, code); at != fs::recursive_directory_iterator();
       at.increment(code)) {
    if (code) break;
    if (at->is_regular_file(code)) bytes += at->file_size(code);
  }
  return bytes;
}

// Work of mlctl that nobody goes on with at this moment: the journal is there and the lock is free.
bool is_leaving(const fs::path& partial) {
  if (!sys::exists(partial / ".mlctl-journal")) return false;
  const fs::path lock = partial.parent_path() / ("." + partial.stem().string() + ".lock");
  return !sys::exists(lock) || sys::Lock::take(lock).has_value();
}

void find_partials(const fs::path& project, std::vector<Garbage>& garbage) {
  std::error_code code;
  for (auto at = fs::recursive_directory_iterator(project, code); at != fs::recursive_directory_iterator();
       at.increment(code)) {
    if (code) return;
    if (!at->is_directory(code) || at->is_symlink(code)) continue;
    const std::string name = at->path().filename();
    const bool partial = name.ends_with(".partial");
    if (partial || name.starts_with('.') || at.depth() >= kDepth) at.disable_recursion_pending();
    if (partial && is_leaving(at->path()))
      garbage.push_back(
          {at->path(), bytes_below(at->path()), "unfinished work; deleting it means starting over"});
  }
}

}  // namespace

Result<std::vector<Garbage>> find_garbage(const GarbageRules& rules, const RunLog& log) {
  std::vector<Garbage> garbage;
  find_partials(rules.project, garbage);
  const std::vector<RunRecord> runs = TRY(log.list());
  for (size_t i = rules.keep_runs; i < runs.size(); ++i) {
    if (runs[i].status == "running") continue;
    garbage.push_back({log.folder(runs[i]), bytes_below(log.folder(runs[i])), "old run record"});
  }
  std::error_code code;
  for (auto at = fs::directory_iterator(rules.cache, code); at != fs::directory_iterator();
       at.increment(code)) {
    if (code) break;
    const uint64_t bytes = at->is_directory(code) ? bytes_below(at->path()) : at->file_size(code);
    garbage.push_back({at->path(), bytes, "cache; made again when needed"});
  }
  std::sort(garbage.begin(), garbage.end(),
            [](const Garbage& a, const Garbage& b) { return a.path < b.path; });
  return garbage;
}

}  // namespace mlctl
