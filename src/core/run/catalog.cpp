#include "core/run/catalog.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "core/base/hash.h"
#include "core/base/strings.h"
#include "core/data/dataset.h"
#include "core/model/package.h"
#include "core/output/whole.h"
#include "core/sys/fs.h"
#include "core/sys/hash_file.h"

namespace mlctl {

namespace fs = std::filesystem;

namespace {

const char* noun(const std::string& mark) {
  return mark == kModelMark ? "model" : "dataset";
}

}  // namespace

std::vector<fs::path> find_marked(const fs::path& root, const std::string& mark, SearchBounds bounds) {
  if (sys::exists(root / mark)) return {"."};
  std::vector<fs::path> found;
  sys::WalkRules rules;
  rules.leave_unreadable = true;
  rules.most = bounds.entries;
  sys::PassedOver passed;
  rules.passed = &passed;
  const auto visit = [&](const sys::Found& each) -> Result<bool> {
    if (!each.folder() || each.path.filename().native().ends_with(".partial")) return false;
    const bool marked = sys::exists(root / each.path / mark);
    if (marked) found.push_back(each.path);
    return !marked && each.depth + 1 < bounds.depth;
  };
  static_cast<void>(sys::walk(root, rules, visit));  // of a folder that is not there nothing is found
  std::erase_if(passed.names, [&](const auto& name) { return !sys::exists(root / name.path / mark); });
  if (bounds.passed != nullptr) bounds.passed->names = std::move(passed.names);
  std::sort(found.begin(), found.end());
  return found;
}

std::string content_at(const fs::path& path) {
  if (sys::exists(path / kModelMark)) return model_digest(path).value_or("");
  if (sys::exists(path / kDatasetMark)) {
    const Result<Dataset> dataset = open_dataset(path);
    return dataset ? dataset_digest(*dataset) : "";
  }
  return sys::is_folder(path) ? "" : sha256_file(path).value_or("");
}

std::string shown_path(const fs::path& path) {
  std::error_code code;
  const fs::path inside = path.lexically_proximate(fs::current_path(code));
  return inside.native().starts_with("..") ? path.string() : inside.string();
}

std::vector<std::string> catalog(const std::vector<RunRecord>& runs, const std::string& mark,
                                 sys::PassedOver* passed) {
  std::set<std::string> names;
  std::error_code code;
  SearchBounds bounds;
  bounds.passed = passed;
  for (const fs::path& path : find_marked(fs::current_path(code), mark, bounds)) names.insert(path.string());
  for (const RunRecord& run : runs) {
    for (const RunArtifact& output : run.outputs) {
      const fs::path place = place_of(run.folder, output);
      if (!place.empty() && sys::exists(place / mark)) names.insert(shown_path(place));
    }
  }
  return {names.begin(), names.end()};
}

Result<fs::path> find_in_catalog(const std::vector<RunRecord>& runs, const std::string& mark,
                                 const std::string& name) {
  if (sys::exists(fs::path(name) / mark)) return fs::path(name);
  if (finished_at(name).document == mark) return fs::path(name);  // it has lost what tells its kind
  const std::vector<std::string> all = catalog(runs, mark);
  std::vector<std::string> same;
  for (const std::string& path : all) {
    if (fs::path(path).filename() == name) same.push_back(path);
  }
  if (same.size() == 1) return fs::path(same.front());
  if (same.size() > 1) {
    return fail(Exit::usage, fmt::format("\"{}\" could be {}", name, join(same, " or ")),
                "give the whole path");
  }
  if (sys::is_folder(name)) {
    return fail(Exit::not_found, fmt::format("{} is not a {}: it holds no {}", name, noun(mark), mark),
                fmt::format("mlctl get {}s lists what there is", noun(mark)));
  }
  std::vector<std::string> names = all;
  for (const std::string& path : all) names.push_back(fs::path(path).filename());
  const std::string near = did_you_mean(name, names);
  return fail(Exit::not_found, fmt::format("no {} \"{}\"", noun(mark), name),
              near.empty() ? fmt::format("mlctl get {}s lists what there is", noun(mark))
                           : fmt::format("did you mean {}?", near));
}

}  // namespace mlctl
