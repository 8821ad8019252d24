#include "core/run/catalog.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "core/base/hash.h"
#include "core/base/strings.h"
#include "core/data/dataset.h"
#include "core/model/package.h"
#include "core/run/whole.h"
#include "core/sys/fs.h"

namespace mlctl {

namespace fs = std::filesystem;

namespace {

struct Search {
  const fs::path& root;
  const std::string& mark;
  size_t entries_left;
  std::vector<fs::path> found;

  void below(const fs::path& relative, int depth_left) {
    if (sys::exists(root / relative / mark)) {
      found.push_back(relative.empty() ? "." : relative);
      return;
    }
    if (depth_left == 0) return;
    std::error_code code;
    for (auto at = fs::directory_iterator(root / relative, code); at != fs::directory_iterator();
         at.increment(code)) {
      if (code || entries_left == 0) return;
      --entries_left;
      const std::string name = at->path().filename();
      if (name.starts_with('.') || name.ends_with(".partial")) continue;
      if (at->is_directory(code) && !at->is_symlink(code)) below(relative / name, depth_left - 1);
    }
  }
};

const char* noun(const std::string& mark) {
  return mark == kModelMark ? "model" : "dataset";
}

}  // namespace

std::vector<fs::path> find_marked(const fs::path& root, const std::string& mark, SearchBounds bounds) {
  Search search{root, mark, bounds.entries, {}};
  search.below({}, bounds.depth);
  std::sort(search.found.begin(), search.found.end());
  return std::move(search.found);
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

std::vector<std::string> catalog(const std::vector<RunRecord>& runs, const std::string& mark) {
  std::set<std::string> names;
  std::error_code code;
  for (const fs::path& path : find_marked(fs::current_path(code), mark)) names.insert(path.string());
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
