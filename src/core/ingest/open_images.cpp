#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "core/ingest/image_openers.h"

namespace mlctl {

namespace fs = std::filesystem;

namespace {

constexpr const char* kComesSplit = "the source comes split: its items keep their parts";

// Several sources, one after the other.
class Chain : public ImageStream {
 public:
  explicit Chain(std::vector<std::unique_ptr<ImageStream>> sources) : sources_(std::move(sources)) {
    std::set<std::string> labels;
    for (const auto& source : sources_) {
      items += source->items;
      labels.insert(source->classes.begin(), source->classes.end());
    }
    classes = class_order({labels.begin(), labels.end()});
  }

  Result<> skip(int64_t count) override {
    for (at_ = 0; at_ < sources_.size() && count >= sources_[at_]->items; ++at_)
      count -= sources_[at_]->items;
    return at_ < sources_.size() ? sources_[at_]->skip(count) : Result<>();
  }

  Result<std::optional<ImageItem>> next() override {
    for (; at_ < sources_.size(); ++at_) {
      auto item = TRY(sources_[at_]->next());
      if (item) return item;
    }
    return std::optional<ImageItem>();
  }

 private:
  std::vector<std::unique_ptr<ImageStream>> sources_;
  size_t at_ = 0;
};

Result<std::vector<fs::path>> idx_files_in(const fs::path& folder, SourceWatch& watch) {
  std::vector<fs::path> files;
  for (const sys::Entry& entry : TRY(watch.list(folder))) {
    if (is_idx_name(entry.path.string())) files.push_back(folder / entry.path);
  }
  return files;
}

Result<std::unique_ptr<ImageStream>> open_one(const fs::path& source, const IngestRequest& request,
                                              SplitRule& split, const IngestHost& host) {
  if (sys::is_folder(source)) return open_image_folder(source, request, split, host);
  if (is_archive_name(source.string())) return open_image_archive(source, request, split, host);
  if (is_image_name(source.string())) {
    return fail(Exit::data, fmt::format("{} is one picture", source.string()),
                "name the folder of the pictures");
  }
  return open_image_list(source, request, split);
}

}  // namespace

Result<std::vector<sys::Entry>> files_beside(const fs::path& source, const IngestRequest& request) {
  const std::string name = source.string();
  if (request.kind != DatasetKind::image || sys::is_folder(source) || is_archive_name(name) ||
      is_image_name(name))
    return std::vector<sys::Entry>();
  if (is_idx_name(name))
    return std::vector<sys::Entry>{{TRY(labels_beside(source)).lexically_relative(source.parent_path()), 0}};
  std::vector<sys::Entry> files;
  for (const LabelledFile& file : TRY(read_image_list(source, request))) {
    std::error_code code;  // one that is not there is a bad item, which the work finds
    if (fs::is_regular_file(source.parent_path() / file.name, code)) files.push_back({file.name, file.size});
  }
  return files;
}

Result<std::unique_ptr<ImageStream>> open_images(const IngestRequest& request, SplitRule& split,
                                                 const IngestHost& host) {
  if (request.remote != nullptr) {
    auto source = TRY(open_remote_images(*request.remote, request.label, split, host));
    if (split.source_is_split) host.note(kComesSplit);
    return source;
  }
  std::vector<fs::path> idx, others;
  for (const auto& [source, remote] : request.sources) {
    if (remote != nullptr) {
      return fail(Exit::data, fmt::format("{} lists pictures that are not here", source.string()),
                  "name the folder of the pictures, or download it with its list");
    }
    std::vector<fs::path> inside;
    if (sys::is_folder(source)) inside = TRY(idx_files_in(source, *request.watch));
    if (is_idx_name(source.string())) inside = {source};
    idx.insert(idx.end(), inside.begin(), inside.end());
    if (inside.empty()) others.push_back(source);
  }
  std::vector<std::unique_ptr<ImageStream>> sources;
  SplitRule all = split;
  all.carve_validation = true;
  const auto add = [&](Result<std::unique_ptr<ImageStream>> source, const SplitRule& rule) -> Result<> {
    sources.push_back(TRY(std::move(source)));
    all.source_is_split = all.source_is_split || rule.source_is_split;
    all.carve_validation = all.carve_validation && rule.carve_validation;
    return {};
  };
  if (!idx.empty()) {
    SplitRule rule = split;
    Result<std::unique_ptr<ImageStream>> source = open_idx(idx, request, rule);
    TRY(add(std::move(source), rule));
  }
  for (const fs::path& path : others) {
    SplitRule rule = split;
    Result<std::unique_ptr<ImageStream>> source = open_one(path, request, rule, host);
    TRY(add(std::move(source), rule));
  }
  split = all;
  if (split.source_is_split) host.note(kComesSplit);
  if (sources.size() == 1) return std::move(sources[0]);
  return std::unique_ptr<ImageStream>(std::make_unique<Chain>(std::move(sources)));
}

}  // namespace mlctl
