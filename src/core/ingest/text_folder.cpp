#include "core/ingest/text_folder.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/base/limits.h"
#include "core/base/strings.h"
#include "core/text/json.h"

namespace mlctl {

namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kBlockBytes = size_t{1} << 20;

// The record of one file: an object, or a string that says why it can't be read (RowReader knows).
Result<std::string> record_of(const TextItem& item, SourceWatch& watch) {
  const Result<std::string> text = watch.read(item.path, limits::kRecordBytes);
  const bool ends_all = !text && (text.error().code == Exit::resource || text.error().code == Exit::conflict);
  if (ends_all) return fail(text.error());
  if (!text) return dump_json(Json(text.error().message)) + "\n";
  if (!is_valid_utf8(*text)) {
    return dump_json(Json("it is not UTF-8; convert it: iconv -f LATIN1 -t UTF-8")) + "\n";
  }
  return dump_json(Json({{"text", *text}, {"label", item.label}})) + "\n";
}

class FolderBlocks : public BlockSource {
 public:
  explicit FolderBlocks(const TablePlan& plan) : items_(&plan.items), watch_(plan.watch) {}

  void seek(const Position& position) override { at_ = position.offset; }
  Position after(const Block& block) const override { return {0, block.offset + block.names.size(), 0}; }

  Result<std::optional<Block>> next() override {
    if (at_ >= items_->size()) return std::optional<Block>();
    Block block{(*items_)[at_].file, at_, {}, {}};
    // A block is of one split.
    while (at_ < items_->size() && block.bytes.size() < kBlockBytes && (*items_)[at_].file == block.file) {
      const TextItem& item = (*items_)[at_++];
      block.bytes += TRY(record_of(item, *watch_));
      block.names.push_back(item.name);
    }
    return std::optional(std::move(block));
  }

 private:
  const std::vector<TextItem>* items_;
  SourceWatch* watch_;
  size_t at_ = 0;
};

}  // namespace

bool is_text_name(const std::filesystem::path& path) {
  const std::string extension = to_lower(path.extension().string());
  return extension == ".txt" || extension == ".text" || extension == ".md";
}

bool is_text_folder(const std::filesystem::path& source, SourceWatch& watch) {
  if (!sys::is_folder(source)) return false;
  const auto entries = watch.list(source);
  if (!entries) return false;
  const auto texts =
      std::count_if(entries->begin(), entries->end(), [](const auto& e) { return is_text_name(e.path); });
  return texts * 2 > static_cast<ptrdiff_t>(entries->size());
}

Result<TablePlan> plan_text_folder(const IngestWork& work, TablePlan plan) {
  const std::vector<IngestSource>& sources = work.request.sources;
  const LabelBy by = work.request.label == "filename" ? LabelBy::filename : LabelBy::dir;
  plan.watch = work.request.watch.get();
  std::vector<LabelledFile> all;
  std::vector<std::filesystem::path> roots;
  for (const auto& [source, remote] : sources) {
    std::vector<LabelledFile> files;
    for (const sys::Entry& entry : TRY(plan.watch->list(source))) {
      if (is_text_name(entry.path)) files.push_back({entry.path.string(), {}, entry.size, -1});
    }
    TRY(label_files(files, by, false, source.string()));
    roots.insert(roots.end(), files.size(), source);
    all.insert(all.end(), std::make_move_iterator(files.begin()), std::make_move_iterator(files.end()));
  }
  if (all.empty()) return fail(Exit::data, fmt::format("{} has no .txt file", sources[0].path.string()));
  take_own_split(all, plan.split);
  if (plan.split.source_is_split) work.host.note("the source comes split: its files keep their parts");
  for (size_t i = 0; i < all.size(); ++i) {
    plan.bytes += all[i].size;
    plan.items.push_back({roots[i] / all[i].name, all[i].name, all[i].label,
                          plan.split.source_is_split ? static_cast<size_t>(all[i].split) : 0});
  }
  std::stable_sort(plan.items.begin(), plan.items.end(),
                   [](const auto& a, const auto& b) { return a.file < b.file; });
  for (int split = 0; split < 3; ++split) {
    TextFile file;
    file.name = sources[0].path.string();
    file.split = plan.split.source_is_split ? split : -1;
    file.format = TextFormat::jsonl;
    plan.files.push_back(std::move(file));
  }
  plan.header = {"text", "label"};
  plan.text = 0;
  plan.label = 1;
  plan.wishes = {{ColumnType::text, Role::feature}, {ColumnType::category, Role::label}};
  return plan;
}

std::unique_ptr<BlockSource> folder_blocks(const TablePlan& plan) {
  return std::make_unique<FolderBlocks>(plan);
}

}  // namespace mlctl
