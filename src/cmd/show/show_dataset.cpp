#include <algorithm>
#include <memory>

#include <fmt/format.h>

#include "cmd/show/dataset_text.h"
#include "cmd/show/show.h"
#include "core/base/strings.h"
#include "core/base/visible.h"
#include "core/data/dataset.h"
#include "core/data/preview.h"
#include "core/run/catalog.h"
#include "core/run/lineage.h"
#include "core/text/json.h"

namespace mlctl {

namespace {

namespace fs = std::filesystem;

constexpr size_t kSamplesShown = 5;

struct Found {
  std::unique_ptr<Shards> shards;
  std::string name;  // the path, or the URL
  Dataset dataset;
  std::string digest, made;
  std::string damage;  // "" or what is seen of it without reading
};

Result<Found> open(Inventory& inventory, const std::string& name) {
  Found found;
  int64_t written = 0;
  if (is_stored(name)) {
    auto stored = std::make_unique<StoredShards>(TRY(workspace(inventory.context).stored_dataset(name)));
    written = stored->modified_millis();
    found.name = name;
    found.shards = std::move(stored);
  } else {
    const fs::path folder = TRY(find_in_catalog(inventory.runs, kDatasetMark, name));
    written = written_at(folder / kDatasetMark);
    found.name = folder.string();
    found.shards = std::make_unique<ShardFolder>(folder);
  }
  found.dataset = TRY(found.shards->open());
  if (!is_stored(name)) found.damage = visible_damage(found.name, found.dataset.files);
  if (!found.damage.empty())
    inventory.context.io.warn(fmt::format("{} is damaged: {}", found.name, found.damage));
  found.digest = dataset_digest(found.dataset);
  found.made = made_at(inventory, {found.name, found.digest}, written);
  return found;
}

int64_t samples(const Dataset& dataset) {
  int64_t sum = 0;
  for (const auto& [split, part] : dataset.splits) sum += part.samples;
  return sum;
}

uint64_t bytes(const Dataset& dataset) {
  uint64_t sum = 0;
  for (const FileEntry& file : dataset.files) sum += file.size;
  return sum;
}

std::string split_count(const Dataset& dataset, const char* split) {
  const auto found = dataset.splits.find(split);
  return found == dataset.splits.end() ? "-" : human_count(static_cast<uint64_t>(found->second.samples));
}

std::string classes_text(const Dataset& dataset) {
  return dataset.classes.empty() ? "-" : std::to_string(dataset.classes.size());
}

Result<Shown> summary(Inventory& inventory, const std::string& name) {
  const Found found = TRY(open(inventory, name));
  const Dataset& dataset = found.dataset;
  const std::string path = found.name;
  Json splits = Json::object();
  for (const auto& [split, part] : dataset.splits) splits[split] = part.samples;
  const Json shown = document("Dataset", {{"name", path},
                                          {"type", mlctl::name(dataset.kind)},
                                          {"samples", samples(dataset)},
                                          {"splits", splits},
                                          {"classes", dataset.classes},
                                          {"bytes", bytes(dataset)},
                                          {"digest", found.digest},
                                          {"made", found.made}});
  return Shown{shown,
               "dataset/" + path,
               {path, mlctl::name(dataset.kind), human_count(static_cast<uint64_t>(samples(dataset))),
                split_count(dataset, "train"), split_count(dataset, "validation"),
                split_count(dataset, "test"), classes_text(dataset), age(inventory, found.made),
                human_bytes(bytes(dataset)), short_digest(found.digest)},
               {}};
}

// At most `width` bytes, cut between characters.
std::string shortened(std::string text, size_t width) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  if (text.size() <= width) return text;
  while (width > 0 && (static_cast<unsigned char>(text[width]) & 0xC0) == 0x80) --width;
  return text.substr(0, width) + "…";
}

std::string rows_text(const Dataset& dataset, const std::vector<SamplePreview>& rows) {
  constexpr size_t kColumns = 8, kCell = 18;
  Table table;
  const size_t columns = std::min(kColumns, dataset.columns.size());
  for (size_t c = 0; c < columns; ++c) table.header.push_back((c == 0 ? "  " : "") + dataset.columns[c].name);
  for (const SamplePreview& row : rows) {
    std::vector<std::string> cells;
    for (size_t c = 0; c < columns; ++c)
      cells.push_back((c == 0 ? "  " : "") + (c < row.fields.size() ? shortened(row.fields[c], kCell) : ""));
    table.rows.push_back(std::move(cells));
  }
  return render(table, true);
}

std::string samples_text(const Io& io, const Dataset& dataset, const std::vector<SamplePreview>& rows) {
  if (rows.empty()) return {};
  if (dataset.kind == DatasetKind::table || dataset.kind == DatasetKind::ratings)
    return rows_text(dataset, rows);
  std::string text;
  for (const SamplePreview& row : rows) {
    const std::string what = dataset.kind == DatasetKind::text
                                 ? shortened(row.text, 90)
                                 : fmt::format("{}x{}  {}", row.pixels.width, row.pixels.height, row.source);
    text += fmt::format("  {:14}  {}\n", visible(row.label.empty() ? row.key : row.label), visible(what));
  }
  constexpr int kThumbnail = 18;
  const int fit = std::max(1, io.width / (kThumbnail + 2));
  std::vector<SamplePreview> shown(rows.begin(), rows.begin() + std::min<ptrdiff_t>(fit, std::ssize(rows)));
  return io.out_is_tty ? text + io.ours(thumbnails(shown, kThumbnail, io.colour)) : text;
}

Json samples_json(const Dataset& dataset, const std::vector<SamplePreview>& rows) {
  Json list = Json::array();
  for (const SamplePreview& row : rows) {
    Json item = {{"key", row.key}};
    if (!row.label.empty()) item["label"] = row.label;
    if (dataset.kind == DatasetKind::text) item["text"] = row.text;
    if (dataset.kind == DatasetKind::image) {
      item["source"] = row.source;
      item["width"] = row.pixels.width;
      item["height"] = row.pixels.height;
    }
    if (!row.fields.empty()) item["row"] = Json::object();
    for (size_t c = 0; c < std::min(row.fields.size(), dataset.columns.size()); ++c)
      append_member(item["row"], dataset.columns[c].name, row.fields[c]);
    list.push_back(std::move(item));
  }
  return list;
}

// To look at some samples one shard of a store is enough.
Dataset first_shard(Dataset dataset, const std::string& split) {
  const auto part = dataset.splits.find(split);
  if (part == dataset.splits.end() || part->second.files.empty()) return dataset;
  part->second.files.erase(part->second.files.begin() + 1, part->second.files.end());
  part->second.shard_samples.resize(1);
  return dataset;
}

Result<Shown> description(Inventory& inventory, const std::string& name) {
  const Found found = TRY(open(inventory, name));
  const Dataset& dataset = found.dataset;
  const std::string path = found.name;
  const std::string split =
      dataset.splits.contains("train") || dataset.splits.empty() ? "train" : dataset.splits.begin()->first;
  const Dataset looked_at = is_stored(name) ? first_shard(dataset, split) : dataset;
  const auto rows = TRY(preview(*found.shards, looked_at, split, kSamplesShown));
  const std::vector<RunRecord> sources = made_by(inventory.runs, {path, found.digest});
  const std::vector<RunRecord> uses = used_by(inventory.runs, {path, found.digest});

  Json shown = document("Dataset", {{"name", path}, {"digest", found.digest}});
  shown.update(to_json(dataset));
  shown["samples"] = samples(dataset);
  shown["preview"] = samples_json(dataset, rows);
  shown["madeBy"] = lineage_json(sources);
  shown["usedBy"] = lineage_json(uses);

  std::string text = fields({{"Dataset", path},
                             {"Samples", human_count(static_cast<uint64_t>(samples(dataset)))},
                             {"Made", found.made}});
  text += describe_dataset(dataset, inventory.context.flags.output == "wide");
  text += section("Samples", samples_text(inventory.context.io, dataset, rows));
  text += section("Made by", sources.empty() ? lineage_text(dataset.lineage) : lineage_text(sources));
  text += section("Used by", lineage_text(uses));
  return Shown{shown, "dataset/" + path, {}, text};
}

}  // namespace

const ResourceView& dataset_view() {
  static const ResourceView view = {
      ResourceType::dataset,
      {"NAME", "TYPE", "SAMPLES", "TRAIN", "VALIDATION", "TEST", "CLASSES", "AGE", "SIZE", "DIGEST"},
      8,
      summary,
      description};
  return view;
}

}  // namespace mlctl
