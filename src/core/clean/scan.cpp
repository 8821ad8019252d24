#include "core/clean/scan.h"

#include <cstring>

#include <fmt/format.h>

#include "core/base/hash.h"
#include "core/base/in_order.h"
#include "core/base/limits.h"
#include "core/base/strings.h"
#include "core/data/cells.h"
#include "core/image/image_codecs.h"
#include "core/sys/cpu.h"

namespace mlctl {

namespace {

constexpr size_t kBatchItems = 64, kBatchBytes = size_t{4} << 20;

// A sample that outlives its shard's stream.
struct HeldSample {
  std::string key, image, text;
  int32_t label = -1;
  std::vector<std::string> fields;

  explicit HeldSample(const Sample& sample)
      : key(sample.key),
        image(sample.image),
        text(sample.text),
        label(sample.label),
        fields(sample.fields.begin(), sample.fields.end()) {}
  size_t bytes() const { return image.size() + text.size(); }
  Sample view() const {
    Sample sample;
    sample.key = key;
    sample.image = image;
    sample.text = text;
    sample.label = label;
    sample.fields.assign(fields.begin(), fields.end());
    return sample;
  }
};

void hash_into(uint64_t (&hash)[2], std::string_view bytes) {
  constexpr uint64_t kSecondSeed = 0x6d6c63746c;
  hash[0] = hash64(bytes);
  hash[1] = hash64(bytes, kSecondSeed);
}

void append_sized(std::string& out, std::string_view field) {
  out += fmt::format("{}:", field.size());
  out += field;
}

// A table's identity is the whole row; its content, what is given to tell the label from: the features, or
// the user and the item.
void identify_row(const Dataset& dataset, const Sample& sample, ScanRecord& record) {
  std::string row, given;
  std::string_view target;
  for (size_t c = 0; c < sample.fields.size(); ++c) {
    const Role role = dataset.columns[c].role;
    append_sized(row, sample.fields[c]);
    if (role == Role::feature || role == Role::user || role == Role::item)
      append_sized(given, sample.fields[c]);
    if (role == Role::rating) target = sample.fields[c];
  }
  hash_into(record.identity, row);
  hash_into(record.content, given);
  record.label =
      dataset.kind == DatasetKind::ratings ? static_cast<int32_t>(hash64(target) & 0x7fffffff) : sample.label;
}

void identify(const Dataset& dataset, const Sample& sample, ScanRecord& record) {
  sample.key.copy(record.key, sizeof record.key - 1);
  if (dataset.kind == DatasetKind::table || dataset.kind == DatasetKind::ratings) {
    return identify_row(dataset, sample, record);
  }
  record.label = sample.label;
  hash_into(record.content, dataset.kind == DatasetKind::image ? sample.image : sample.text);
  std::string labelled(reinterpret_cast<const char*>(record.content), sizeof record.content);
  labelled += sample.fields.size() > 1 ? std::string(sample.fields[1]) : std::to_string(sample.label);
  hash_into(record.identity, labelled);
}

Fault corrupt(std::string detail) {
  return {ItemState::corrupt, std::move(detail)};
}

std::optional<Fault> find_row_fault(const Dataset& dataset, const Sample& sample) {
  for (size_t c = 0; c < sample.fields.size(); ++c) {
    const Column& column = dataset.columns[c];
    if (column.type == ColumnType::category || column.type == ColumnType::text) {
      if (!is_valid_utf8(sample.fields[c]))
        return corrupt(fmt::format("column {} is not UTF-8", column.name));
    } else if (!cell_number(column.type, sample.fields[c])) {
      return corrupt(fmt::format("column {}: \"{}\" is not of type {}", column.name, sample.fields[c],
                                 name(column.type)));
    }
  }
  return std::nullopt;
}

std::optional<Fault> find_image_fault(const CleanRules& rules, const Sample& sample, Pixels& pixels) {
  Result<Pixels> decoded = decode_image(sample.image);
  if (!decoded) return corrupt(decoded.error().message);
  pixels = std::move(*decoded);
  if (pixels.width >= rules.min_width && pixels.height >= rules.min_height) return std::nullopt;
  return Fault{ItemState::too_small, fmt::format("{}x{}, under {}x{}", pixels.width, pixels.height,
                                                 rules.min_width, rules.min_height)};
}

template <class T>
void append_bytes(std::string& out, const T& value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

void append_record(const ScanTask& task, const Sample& sample, Budget& memory, std::string& out) {
  ScanRecord record;
  identify(task.dataset, sample, record);
  const Budget::Share held = hold_decoding(memory, sample.image);
  Pixels pixels;
  const std::optional<Fault> fault = task.dataset.kind == DatasetKind::image
                                         ? find_image_fault(task.rules, sample, pixels)
                                         : find_fault(task.dataset, task.rules, sample);
  if (fault) record.state = fault->state;
  append_bytes(out, record);
  const ScanLayout layout = scan_layout(task.dataset, task.rules);
  if (layout.measure > 0) append_bytes(out, fault ? ImageMeasure{} : measure_image(pixels));
  if (layout.mark == 0) return;
  if (task.dataset.kind == DatasetKind::text) return append_bytes(out, text_mark(sample.text));
  append_bytes(out, fault ? ImageMark{} : image_mark(pixels));
}

ItemState state_at(const std::string& records, size_t offset) {
  ScanRecord record;
  std::memcpy(&record, records.data() + offset, sizeof record);
  return record.state;
}

}  // namespace

Error interrupted() {
  return {Exit::interrupted, "interrupted", {}, "run the same command again to go on", {}};
}

std::optional<Fault> find_fault(const Dataset& dataset, const CleanRules& rules, const Sample& sample) {
  if (dataset.kind == DatasetKind::image) {
    Pixels pixels;
    return find_image_fault(rules, sample, pixels);
  }
  if (dataset.kind != DatasetKind::text) return find_row_fault(dataset, sample);
  return is_valid_utf8(sample.text) ? std::nullopt : std::optional(corrupt("the text is not UTF-8"));
}

ScanLayout scan_layout(const Dataset& dataset, const CleanRules& rules) {
  const bool image = dataset.kind == DatasetKind::image;
  ScanLayout layout;
  if (image) layout.measure = sizeof(ImageMeasure);
  if (rules.dedupe == Dedupe::near) layout.mark = image ? sizeof(ImageMark) : sizeof(TextMark);
  return layout;
}

Result<ShardScan> scan_shard(const ScanTask& task, const Shard& shard,
                             const std::function<void(uint64_t)>& progress) {
  using Batch = std::vector<HeldSample>;
  ShardScan scan;
  const size_t stride = scan_layout(task.dataset, task.rules).stride();
  Budget memory(limits::kDecodingBytes);
  const auto look = [&](Batch& batch) {
    std::string records;
    for (const HeldSample& sample : batch) append_record(task, sample.view(), memory, records);
    return records;
  };
  const auto keep = [&](std::string& records) -> Result<> {
    for (size_t at = 0; at < records.size(); at += stride) {
      scan.corrupt += state_at(records, at) == ItemState::corrupt;
      scan.too_small += state_at(records, at) == ItemState::too_small;
    }
    scan.records += records;
    progress(records.size() / stride);
    return task.stop ? Result<>(fail(interrupted())) : Result<>{};
  };
  Ordered<Batch, std::string> ordered(sys::default_threads(), look, keep);
  Batch batch;
  size_t bytes = 0;
  TRY(for_each_sample_in_shard(task.shards, task.dataset, shard.split, shard.index,
                               [&](const Sample& sample) -> Result<> {
                                 batch.emplace_back(sample);
                                 bytes += batch.back().bytes();
                                 if (batch.size() < kBatchItems && bytes < kBatchBytes) return {};
                                 bytes = 0;
                                 return ordered.push(std::exchange(batch, {}));
                               }));
  TRY(ordered.push(std::move(batch)));
  TRY(ordered.finish());
  if (scan.records.size() != stride * shard.count) {
    return fail(Exit::integrity, fmt::format("{} holds {} samples, dataset.json says {}", shard.stem,
                                             scan.records.size() / stride, shard.count));
  }
  return scan;
}

Result<Scans> Scans::open(const sys::PathAt& folder, const Items& items, ScanLayout layout) {
  Scans scans;
  scans.items_ = &items;
  scans.layout_ = layout;
  for (const Shard& shard : items.shards()) {
    scans.shards_.push_back(TRY(sys::Mapping::open(folder / shard.stem)));
    if (scans.shards_.back().bytes().size() != layout.stride() * shard.count) {
      return fail(Exit::integrity, fmt::format("{} is torn", (folder / shard.stem).path().string()),
                  "--overwrite starts over");
    }
  }
  return scans;
}

const char* Scans::at(uint32_t item) const {
  const Shard& shard = items_->shard_of(item);
  const auto index = static_cast<size_t>(&shard - items_->shards().data());
  return shards_[index].bytes().data() + layout_.stride() * (item - shard.first);
}

const ScanRecord& Scans::record(uint32_t item) const {
  return *reinterpret_cast<const ScanRecord*>(at(item));
}

std::string_view Scans::mark(uint32_t item) const {
  return {at(item) + sizeof(ScanRecord) + layout_.measure, layout_.mark};
}

ImageMeasure Scans::measure(uint32_t item) const {
  ImageMeasure measure;
  std::memcpy(&measure, at(item) + sizeof(ScanRecord), sizeof measure);
  return measure;
}

}  // namespace mlctl
