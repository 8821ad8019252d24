#include "core/run/gc.h"

#include <algorithm>
#include <chrono>
#include <map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/run/catalog.h"
#include "core/run/lineage.h"
#include "core/store/file_store.h"
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

// A download writes all the time, an upload is taken up within days or not at all: stores that clean up by
// themselves mostly do it after a week.
constexpr auto kDownloadRests = std::chrono::hours(1), kUploadRests = std::chrono::hours(7 * 24);

bool rests(const fs::path& file, std::chrono::hours for_so_long) {
  std::error_code code;
  const auto written = fs::last_write_time(file, code);
  return !code && fs::file_time_type::clock::now() - written > for_so_long;
}

// The list of what has arrived is beside the half itself; it is as old or older.
bool is_old_half(const fs::path& file) {
  fs::path half = file;
  if (half.extension() == ".ranges") half.replace_extension();
  return rests(sys::exists(half) ? half : file, kDownloadRests);
}

void find_uploads(const fs::path& folder, std::vector<Garbage>& garbage) {
  std::error_code code;
  for (fs::directory_iterator at(folder, code), end; !code && at != end; at.increment(code)) {
    const std::string name = at->path().filename();
    if (!name.starts_with("upload-") || !name.ends_with(".json") || !rests(at->path(), kUploadRests))
      continue;
    const auto record = nlohmann::json::parse(sys::read_file(at->path()).value_or(""), nullptr, false);
    const bool whole = record.is_object() && record.contains("url") && record["url"].is_string();
    std::error_code gone;
    garbage.push_back({at->path(), at->file_size(gone),
                       whole ? fmt::format("upload to {} that nobody went on with for a week; "
                                           "mlctl rm --incomplete drops what the store has of it",
                                           record["url"].get<std::string>())
                             : "not a whole record of an upload"});
  }
}

void find_partials(const fs::path& project, std::vector<Garbage>& garbage) {
  std::error_code code;
  for (auto at = fs::recursive_directory_iterator(project, code); at != fs::recursive_directory_iterator();
       at.increment(code)) {
    if (code) return;
    const std::string name = at->path().filename();
    if (name.starts_with(kPartPrefix) && at->is_regular_file(code) && is_old_half(at->path()))
      garbage.push_back(
          {at->path(), at->file_size(code), "half a download; deleting it means starting over"});
    if (!at->is_directory(code) || at->is_symlink(code)) continue;
    const bool partial = name.ends_with(".partial");
    if (partial || name.starts_with('.') || at.depth() >= kDepth) at.disable_recursion_pending();
    if (partial && is_leaving(at->path()))
      garbage.push_back(
          {at->path(), bytes_below(at->path()), "unfinished work; deleting it means starting over"});
  }
}

// Datasets and models below the project, the records' outputs that are still as they were left, endpoints.
std::vector<RunArtifact> living(const GarbageRules& rules, const std::vector<RunRecord>& runs) {
  std::vector<RunArtifact> found = rules.served;
  for (const char* mark : {kDatasetMark, kModelMark}) {
    for (const fs::path& folder : find_marked(rules.project, mark)) {
      const fs::path place = (rules.project / folder).lexically_normal();
      found.push_back({place.string(), content_at(place)});
    }
  }
  for (const RunRecord& run : runs) {
    for (const RunArtifact& output : run.outputs) {
      const std::string place = place_of(run.folder, output);
      if (!output.digest.empty() && content_at(place) == output.digest)
        found.push_back({place, output.digest});
    }
  }
  return found;
}

void find_old_runs(const GarbageRules& rules, const RunLog& log, const std::vector<RunRecord>& runs,
                   std::vector<Garbage>& garbage) {
  if (runs.size() <= rules.keep_runs) return;
  std::map<std::string, std::string> needed;  // run → for what
  for (const RunArtifact& artifact : living(rules, runs)) {
    for (const RunRecord& run : made_by(runs, artifact)) needed.emplace(run.id, artifact.path);
  }
  for (size_t i = rules.keep_runs; i < runs.size(); ++i) {
    if (runs[i].status == "running") continue;
    const fs::path folder = log.folder(runs[i]);
    const auto need = needed.find(runs[i].id);
    const bool kept = need != needed.end();
    garbage.push_back(
        {folder, bytes_below(folder),
         kept ? fmt::format("kept: {} comes from it", shown_path(need->second)) : "old run record", kept});
  }
}

}  // namespace

bool is_leaving(const fs::path& partial) {
  if (!sys::exists(partial / ".mlctl-journal")) return false;
  const fs::path lock = partial.parent_path() / ("." + partial.stem().string() + ".lock");
  return !sys::exists(lock) || sys::Lock::take(lock).has_value();
}

Result<std::vector<Garbage>> find_garbage(const GarbageRules& rules, const RunLog& log) {
  std::vector<Garbage> garbage;
  find_partials(rules.project, garbage);
  find_uploads(rules.uploads, garbage);
  const std::vector<RunRecord> runs = TRY(log.list());
  find_old_runs(rules, log, runs, garbage);
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
