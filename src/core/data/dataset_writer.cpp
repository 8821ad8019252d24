#include "core/data/dataset_writer.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/hash.h"
#include "core/data/split_rule.h"
#include "core/sys/hash_file.h"
#include "core/text/json_fields.h"

namespace mlctl {

using Json = nlohmann::ordered_json;

namespace {
constexpr const char* kRejects = "rejects.jsonl";
constexpr const char* kFinished = "finished";

Json empty_unit() {
  return {{"files", Json::array()}, {"shards", Json::array()}, {"rejected", 0}};
}
}  // namespace

DatasetWriter::DatasetWriter(OutputFolder& output) : output_(&output), unit_(empty_unit()) {}

Result<DatasetWriter> DatasetWriter::open(OutputFolder& output) {
  DatasetWriter writer(output);
  for (const auto& [name, unit] : output.done()) {
    if (!name.starts_with("unit-")) continue;
    TRY(decode_json(output.work().string(), Exit::integrity, [&] { return writer.restore(unit); }));
  }
  return writer;
}

namespace {

// A shard as a unit's record has it.
struct ShardRecord {
  size_t split = 0;
  InsidePath path;
  int64_t samples = 0;
  std::vector<int64_t> class_counts;
};

Result<ShardRecord> shard_from(const Fields& fields) {
  const auto split = fields.get<uint64_t>("split");
  if (split >= std::size(kSplitNames))
    return fail(fields.wrong("split", {Exit::integrity, fmt::format("there is no split {}", split)}));
  return ShardRecord{split, TRY(InsidePath::parse(fields.get<std::string>("path"))),
                     fields.get<int64_t>("samples"), fields.get<std::vector<int64_t>>("classCounts")};
}

}  // namespace

Result<> DatasetWriter::restore(const Json& unit) {
  const Fields fields(unit);
  for (FileEntry& file : TRY(fields.each("files", limits::kShards, file_from_json)))
    files_.push_back(std::move(file));
  for (const ShardRecord& shard : TRY(fields.each("shards", limits::kShards, shard_from))) {
    Split& split = totals_[shard.split];
    split.files.push_back(shard.path);
    split.shard_samples.push_back(shard.samples);
    split.samples += shard.samples;
    split.class_counts.resize(std::max(split.class_counts.size(), shard.class_counts.size()));
    for (size_t i = 0; i < shard.class_counts.size(); ++i) split.class_counts[i] += shard.class_counts[i];
  }
  rejected_ += fields.get<int64_t>("rejected");
  next_ = fields.get<Json>("next");
  extras_.push_back(fields.get<Json>("extra"));
  ++units_;
  return {};
}

int64_t DatasetWriter::samples() const {
  return totals_[0].samples + totals_[1].samples + totals_[2].samples;
}

std::string DatasetWriter::shard_stem(int split) const {
  const auto at = static_cast<size_t>(split);
  return fmt::format("{}-{:06}", kSplitNames[at], totals_[at].files.size());
}

Result<> DatasetWriter::write(const std::string& path, std::string_view bytes) {
  TRY(sys::write_file(output_->folder() / path, bytes));
  unit_["files"].push_back(to_json(FileEntry{TRY(InsidePath::parse(path)), bytes.size(), Digest::of(bytes)}));
  return {};
}

void DatasetWriter::add_shard(int split, const std::string& path, int64_t samples,
                              const std::vector<int64_t>& class_counts) {
  unit_["shards"].push_back(
      {{"split", split}, {"path", path}, {"samples", samples}, {"classCounts", class_counts}});
}

void DatasetWriter::reject(const Reject& reject) {
  reject_lines_ += to_line(reject);
  unit_["rejected"] = unit_["rejected"].get<int64_t>() + 1;
}

sys::PathAt DatasetWriter::part(const char* what, size_t unit) const {
  return output_->folder() / fmt::format(".{}-{:08}", what, unit);
}

bool DatasetWriter::finished() const {
  return output_->done().contains(kFinished);
}

Result<> DatasetWriter::write_scratch(std::string_view bytes) {
  return sys::write_file(part("scratch", units_), bytes);
}

Result<std::string> DatasetWriter::read_scratch(size_t unit) const {
  return sys::read_file(part("scratch", unit));
}

Result<> DatasetWriter::commit(Json next, Json extra) {
  if (!reject_lines_.empty()) TRY(sys::write_file(part("rejects", units_), reject_lines_));
  reject_lines_.clear();
  unit_["next"] = std::move(next);
  unit_["extra"] = std::move(extra);
  TRY(output_->commit(fmt::format("unit-{:08}", units_), unit_));
  return decode_json("", Exit::failed, [&] { return restore(std::exchange(unit_, empty_unit())); });
}

// The parts become one file, streamed: a big source may have many.
Result<> DatasetWriter::write_rejects() {
  if (rejected_ == 0) return {};
  sys::AppendFile file = TRY(sys::AppendFile::open(output_->folder() / kRejects, 0));
  for (size_t unit = 0; unit < units_; ++unit) {
    if (!sys::exists(part("rejects", unit))) continue;
    const std::string lines = TRY(sys::read_file(part("rejects", unit)));
    TRY(file.append(lines));
  }
  TRY(file.sync());
  files_.push_back(
      {TRY(InsidePath::parse(kRejects)), file.size(), TRY(digest_of_file(output_->work() / kRejects))});
  return {};
}

Result<> DatasetWriter::finish(Dataset& dataset) {
  // A kill after this point finds "finished" in the journal, and the parts may be gone already.
  if (!finished()) {
    TRY(write_rejects());
    for (size_t split = 0; split < totals_.size(); ++split) {
      if (totals_[split].samples > 0) dataset.splits[kSplitNames[split]] = totals_[split];
    }
    std::sort(files_.begin(), files_.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
    dataset.files = files_;
    TRY(sys::write_file(output_->folder() / "dataset.json", dump_json(to_json(dataset), 1) + "\n"));
    const std::filesystem::path document = output_->work() / "dataset.json";
    std::error_code code;
    const FileEntry written{TRY(InsidePath::parse("dataset.json")),
                            std::filesystem::file_size(document, code), TRY(digest_of_file(document))};
    TRY(output_->commit(kFinished, {{"files", Json::array({to_json(written)})}}));
  } else {
    dataset = TRY(open_dataset(output_->work()));
  }
  for (size_t unit = 0; unit < units_; ++unit) {
    TRY(sys::remove_tree(part("rejects", unit)));
    TRY(sys::remove_tree(part("scratch", unit)));
  }
  return output_->finish();
}

}  // namespace mlctl
