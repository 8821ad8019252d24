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
#include "core/sys/walk.h"
#include "core/text/json.h"

namespace mlctl {

namespace fs = std::filesystem;

namespace {

constexpr int kDepth = 5;

sys::WalkRules all_of_it(const sys::StopFlag* stop) {
  sys::WalkRules rules;
  rules.hidden = rules.leave_unreadable = true;
  rules.stop = stop;
  return rules;
}

Result<uint64_t> bytes_below(const fs::path& folder, const GarbageRules& rules) {
  uint64_t bytes = 0;
  TRY(sys::walk(folder, all_of_it(rules.stop), [&](const sys::Found& each) -> Result<bool> {
    if (!each.folder()) bytes += static_cast<uint64_t>(each.status.st_size);
    return true;
  }));
  return bytes;
}

// A download writes all the time, so one that rests is abandoned. An upload is resumed within days or
// never: stores that clean up by themselves mostly do so after a week.
constexpr auto kDownloadRests = std::chrono::hours(1), kUploadRests = std::chrono::hours(7 * 24);

bool rests(const fs::path& file, std::chrono::hours for_so_long) {
  std::error_code code;
  const auto written = fs::last_write_time(file, code);
  return !code && fs::file_time_type::clock::now() - written > for_so_long;
}

// Whether a file is an unfinished download that is old enough. The list of what has arrived lies beside it,
// and is as old or older.
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
    const auto record = json_or_discarded(sys::read_file(at->path()).value_or(""));
    const bool whole = record.is_object() && record.contains("url") && record["url"].is_string();
    std::error_code gone;
    garbage.push_back({at->path(), at->file_size(gone),
                       whole ? fmt::format("upload to {} that nobody went on with for a week; "
                                           "mlctl rm --incomplete drops what the store has of it",
                                           record["url"].get<std::string>())
                             : "not a whole record of an upload"});
  }
}

const char* leaving_of(const sys::Found& file) {
  const std::string name = file.path.filename();
  if (name.starts_with(kPartPrefix)) return "half a download; deleting it means starting over";
  return sys::is_temporary(name) && name.starts_with('.') ? "half-written file of a process that was killed"
                                                          : nullptr;
}

// Links are not followed: what is behind one does not belong to this project.
Result<> find_partials(const GarbageRules& rules, std::vector<Garbage>& garbage) {
  const auto visit = [&](const sys::Found& each) -> Result<bool> {
    const fs::path path = rules.project / each.path;
    if (!each.folder()) {
      const char* const reason = leaving_of(each);
      if (reason != nullptr && is_old_half(path))
        garbage.push_back({path, static_cast<uint64_t>(each.status.st_size), reason});
      return false;
    }
    const std::string name = each.path.filename();
    const bool partial = name.ends_with(".partial");
    if (partial && is_leaving(path))
      garbage.push_back(
          {path, TRY(bytes_below(path, rules)), "unfinished work; deleting it means starting over"});
    return !partial && !name.starts_with('.') && each.depth < kDepth;
  };
  return sys::walk(rules.project, all_of_it(rules.stop), visit);
}

// What still exists: datasets and models below the project, outputs of the records that are as they were
// left, endpoints.
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

Result<> find_old_runs(const GarbageRules& rules, const RunLog& log, const std::vector<RunRecord>& runs,
                       std::vector<Garbage>& garbage) {
  if (runs.size() <= rules.keep_runs) return {};
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
        {folder, TRY(bytes_below(folder, rules)),
         kept ? fmt::format("kept: {} comes from it", shown_path(need->second)) : "old run record", kept});
  }
  return {};
}

Result<> find_caches(const GarbageRules& rules, std::vector<Garbage>& garbage) {
  if (!sys::is_folder(rules.cache)) return {};
  return sys::walk(rules.cache, all_of_it(rules.stop), [&](const sys::Found& each) -> Result<bool> {
    const fs::path path = rules.cache / each.path;
    const uint64_t bytes =
        each.folder() ? TRY(bytes_below(path, rules)) : static_cast<uint64_t>(each.status.st_size);
    garbage.push_back({path, bytes, "cache; made again when needed"});
    return false;
  });
}

}  // namespace

bool is_leaving(const fs::path& partial) {
  if (!sys::exists(partial / ".mlctl-journal")) return false;
  const fs::path lock = partial.parent_path() / ("." + partial.stem().string() + ".lock");
  return !sys::exists(lock) || sys::Lock::take(lock).has_value();
}

Result<std::vector<Garbage>> find_garbage(const GarbageRules& rules, const RunLog& log) {
  std::vector<Garbage> garbage;
  TRY(find_partials(rules, garbage));
  find_uploads(rules.uploads, garbage);
  const std::vector<RunRecord> runs = TRY(log.list());
  TRY(find_old_runs(rules, log, runs, garbage));
  TRY(find_caches(rules, garbage));
  std::sort(garbage.begin(), garbage.end(),
            [](const Garbage& a, const Garbage& b) { return a.path < b.path; });
  return garbage;
}

}  // namespace mlctl
