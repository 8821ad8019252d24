// Pictures in folders, and lists (CSV, JSONL) of their paths.

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/ingest/blocks.h"
#include "core/ingest/image_openers.h"
#include "core/ingest/rows.h"

namespace mlctl {

namespace fs = std::filesystem;

namespace {

class Files : public ImageStream {
 public:
  Files(fs::path root, std::vector<LabelledFile> files) : root_(std::move(root)), files_(std::move(files)) {
    items = static_cast<int64_t>(files_.size());
    classes = labels_of(files_);
  }
  Result<> skip(int64_t count) override {
    at_ = static_cast<size_t>(count);
    return {};
  }
  Result<std::optional<ImageItem>> next() override {
    if (at_ >= files_.size()) return std::optional<ImageItem>();
    ImageItem item = item_of(files_[at_++]);
    item.path = root_ / item.name;
    return std::optional(std::move(item));
  }

 private:
  fs::path root_;
  std::vector<LabelledFile> files_;
  size_t at_ = 0;
};

// The mode the user chose, or the one that the names suggest.
LabelBy choose_mode(const std::vector<LabelledFile>& files, const std::string& label,
                    const IngestHost& host) {
  if (label == "dir") return LabelBy::dir;
  if (label == "filename") return LabelBy::filename;
  const bool flat = std::all_of(files.begin(), files.end(), [](const LabelledFile& file) {
    return file.name.find('/') == std::string::npos;
  });
  if (flat) host.note("labels are taken from the files' names (--label filename): there are no folders");
  return flat ? LabelBy::filename : LabelBy::dir;
}

// "12 .gif files are left out": pictures of kinds that are not read.
void tell_ignored(const std::map<std::string, int64_t>& ignored, const IngestHost& host) {
  for (const auto& [extension, count] : ignored) {
    host.warn(fmt::format("{} left out: convert {} to PNG or JPEG first",
                          plural(static_cast<uint64_t>(count), extension + " file"),
                          count == 1 ? "it" : "them"));
  }
}

int find_named(const std::vector<std::string>& header, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    for (size_t i = 0; i < header.size(); ++i) {
      if (to_lower(header[i]) == name) return static_cast<int>(i);
    }
  }
  return -1;
}

struct ListColumns {
  int path = -1, label = -1, split = -1;
};

Result<ListColumns> list_columns(const TextFile& file, const std::string& label) {
  ListColumns columns;
  const auto block = TRY(text_blocks({file})->next());
  if (block) {
    RowReader rows(file, file.header, *block);
    if (rows.next() && !rows.problem()) {
      for (size_t i = 0; i < rows.fields().size() && columns.path < 0; ++i) {
        if (is_image_name(std::string(rows.fields()[i]))) columns.path = static_cast<int>(i);
      }
    }
  }
  if (columns.path < 0) {
    return fail(Exit::data, "no column holds paths of pictures",
                "a list has a row for each picture: path,label", file.name);
  }
  columns.split = find_named(file.header, {"split", "subset", "fold"});
  columns.label = find_named(file.header, {"label", "class", "target", "category"});
  if (!label.empty() && label != "dir" && label != "filename") {
    const auto found = std::find(file.header.begin(), file.header.end(), label);
    if (found == file.header.end()) {
      const std::string near = did_you_mean(label, file.header);
      return fail(Exit::data, fmt::format("there is no column \"{}\"", label),
                  near.empty() ? "the columns are: " + join(file.header, ", ")
                               : fmt::format("did you mean {}?", near),
                  file.name);
    }
    columns.label = static_cast<int>(found - file.header.begin());
  }
  if (columns.label < 0) {
    return fail(Exit::data, "no column is known to hold the label",
                "name it: --label column:NAME; the columns are: " + join(file.header, ", "), file.name);
  }
  return columns;
}

}  // namespace

Result<std::vector<LabelledFile>> label_pictures(const std::vector<sys::Entry>& entries,
                                                 const std::string& where, const std::string& label,
                                                 SplitRule& split, const IngestHost& host) {
  std::vector<LabelledFile> files;
  std::map<std::string, int64_t> ignored;
  for (const sys::Entry& entry : entries) {
    const std::string extension = to_lower(entry.path.extension().string());
    if (is_image_name(entry.path.string())) {
      files.push_back({entry.path.string(), {}, entry.size, -1});
    } else if (extension == ".gif" || extension == ".bmp" || extension == ".tif" || extension == ".tiff" ||
               extension == ".heic" || extension == ".avif") {
      ++ignored[extension];
    }
  }
  tell_ignored(ignored, host);
  if (files.empty()) {
    return fail(Exit::data, fmt::format("{} has no JPEG, PNG or WebP picture", where),
                "put pictures into a folder for each class, as in photos/cats/1.jpg");
  }
  TRY(label_files(files, choose_mode(files, label, host), false, where));
  take_own_split(files, split);
  return files;
}

Result<std::unique_ptr<ImageStream>> open_image_folder(const fs::path& folder, const IngestRequest& request,
                                                       SplitRule& split, const IngestHost& host) {
  const std::vector<sys::Entry> entries = TRY(request.watch->list(folder));
  std::vector<LabelledFile> files = TRY(label_pictures(entries, folder.string(), request.label, split, host));
  return std::unique_ptr<ImageStream>(std::make_unique<Files>(folder, std::move(files)));
}

Result<std::vector<LabelledFile>> read_image_list(const fs::path& path, const IngestRequest& request) {
  const TextFile file = TRY(open_text_file(path, path.string(), request.watch.get()));
  const ListColumns columns = TRY(list_columns(file, request.label));
  const std::unique_ptr<BlockSource> blocks = text_blocks({file});
  std::vector<LabelledFile> files;
  int64_t line = file.data_line;
  while (auto block = TRY(blocks->next())) {
    RowReader rows(file, file.header, *block);
    while (rows.next()) {
      const std::string place = fmt::format("{}:{}", file.name, line + rows.line());
      if (rows.problem()) return fail(Exit::data, rows.problem()->detail, "correct the list", place);
      const auto field = [&](int column) { return std::string(rows.fields()[static_cast<size_t>(column)]); };
      LabelledFile entry{field(columns.path), field(columns.label), 0, -1};
      if (entry.label.empty()) return fail(Exit::data, "the label is missing", "correct the list", place);
      if (columns.split >= 0) entry.split = split_of_name(field(columns.split));
      std::error_code code;
      entry.size = fs::file_size(path.parent_path() / entry.name, code);
      if (code) entry.size = 0;  // a reject when it is read
      files.push_back(std::move(entry));
    }
    line += std::count(block->bytes.begin(), block->bytes.end(), '\n');
  }
  return files;
}

Result<std::unique_ptr<ImageStream>> open_image_list(const fs::path& path, const IngestRequest& request,
                                                     SplitRule& split) {
  std::vector<LabelledFile> files = TRY(read_image_list(path, request));
  take_own_split(files, split);
  return std::unique_ptr<ImageStream>(std::make_unique<Files>(path.parent_path(), std::move(files)));
}

}  // namespace mlctl
