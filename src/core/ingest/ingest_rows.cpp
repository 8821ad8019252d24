// Tables, texts and ratings: one pass finds types, categories and statistics, a second one writes the shards.

#include <algorithm>
#include <array>
#include <atomic>
#include <map>

#include <fmt/format.h>

#include "core/base/hash.h"
#include "core/base/in_order.h"
#include "core/base/random.h"
#include "core/base/strings.h"
#include "core/data/stats.h"
#include "core/ingest/ingest_remote.h"
#include "core/ingest/ingest_work.h"
#include "core/ingest/row_encoder.h"
#include "core/ingest/table_plan.h"
#include "core/sys/cpu.h"
#include "core/tensor/safetensors.h"
#include "core/text/json_fields.h"

namespace mlctl {

namespace {

using Json = nlohmann::ordered_json;

constexpr uint64_t kUnitBytes = uint64_t{16} << 20;  // of source text: one shard of each split
constexpr uint64_t kSampleStream = 0x53414d504c45;

// A row that was not taken, with its line counted within the block.
struct BlockReject {
  int64_t line = 0;
  RowProblem problem;
};

// Calls take(fields, split) for each good row that belongs to this shard; collects the bad ones.
template <class Take>
void for_each_row(const TablePlan& plan, const std::vector<ColumnScan>& checks, const Block& block,
                  std::vector<BlockReject>& rejects, const Take& take) {
  const TextFile& file = plan.files[block.file];
  RowReader rows(file, plan.header, block);
  std::string content;
  while (rows.next()) {
    std::optional<RowProblem> problem = rows.problem();
    if (!problem) problem = row_problem(plan, checks, rows.fields());
    if (problem) {
      const std::string_view raw = rows.raw();
      if (in_shard(plan.split, raw)) rejects.push_back({rows.line(), std::move(*problem)});
      continue;
    }
    canonical_ids(plan, rows.fields());
    canonical_row(rows.fields(), content);
    if (!in_shard(plan.split, content)) continue;
    take(rows.fields(), choose_split(plan.split, content, file.split), content);
  }
}

std::vector<ColumnScan> make_scans(const TablePlan& plan) {
  std::vector<ColumnScan> scans;
  for (const ColumnWish& wish : plan.wishes) scans.emplace_back(wish);
  return scans;
}

// Where in the sources each block begins, by line; blocks pass in order.
class LineCounter {
 public:
  explicit LineCounter(const TablePlan& plan) : plan_(&plan) {}
  void start(const Position& position) { line_ = position.line, file_ = position.file; }
  std::string place(const Block& block, const BlockReject& reject) const {
    if (!block.names.empty()) return block.names[static_cast<size_t>(reject.line)];
    return fmt::format("{}:{}", shown(block.file), begin(block) + reject.line);
  }
  int64_t begin(const Block& block) const {
    return block.file == file_ && line_ > 0 ? line_ : plan_->files[block.file].data_line;
  }
  void pass(const Block& block, int64_t newlines) {
    line_ = begin(block) + newlines;
    file_ = block.file;
  }
  int64_t line() const { return line_; }

 private:
  std::string shown(size_t file) const { return plan_->files[file].name; }
  const TablePlan* plan_;
  size_t file_ = 0;
  int64_t line_ = 0;
};

int64_t newlines_in(const std::string& bytes) {
  return std::count(bytes.begin(), bytes.end(), '\n');
}

// The first line that is not UTF-8, from 0; -1 when all is.
int64_t bad_encoding(const std::string& bytes) {
  if (is_valid_utf8(bytes)) return -1;
  int64_t line = 0;
  for (size_t at = 0; at < bytes.size(); ++line) {
    const size_t end = std::min(bytes.find('\n', at), bytes.size());
    if (!is_valid_utf8(std::string_view(bytes).substr(at, end - at))) return line;
    at = end + 1;
  }
  return 0;
}

Result<std::optional<Block>> next_block(BlockSource& blocks, const sys::StopFlag& stop) {
  if (stop) return std::optional<Block>();
  Result<std::optional<Block>> block = blocks.next();
  if (!block && stop) return std::optional<Block>();  // it did not wait for what was on its way
  return block;
}

// --- First pass

struct Scanned {
  Block block;
  std::vector<ColumnScan> scans;
  std::vector<BlockReject> rejects;
  std::array<int64_t, 3> rows = {};  // by split
  int64_t newlines = 0, bad_encoding = -1;
};

// Columns that have too many distinct values already, as far as blocks were merged: the others need not
// collect them.
using Saturated = std::vector<std::atomic<bool>>;

Scanned scan_block(const TablePlan& plan, const std::vector<ColumnScan>& checks, const Saturated& saturated,
                   Block block) {
  Scanned result;
  result.scans = make_scans(plan);
  for (size_t i = 0; i < saturated.size(); ++i) {
    if (saturated[i]) result.scans[i].give_up_values();
  }
  result.newlines = newlines_in(block.bytes);
  result.bad_encoding = block.names.empty() ? bad_encoding(block.bytes) : -1;
  if (result.bad_encoding < 0) {
    const auto take = [&](const std::vector<std::string_view>& fields, int split,
                          const std::string& content) {
      ++result.rows[static_cast<size_t>(split)];
      const bool sampled =
          plan.sample_rate >= 1 || Random(hash64(content, kSampleStream)).uniform() < plan.sample_rate;
      for (size_t i = 0; i < fields.size(); ++i) {
        if (static_cast<int>(i) == plan.text) {
          result.scans[i].add_measure(static_cast<double>(text_length(fields[i])), split == 0, sampled);
        } else {
          result.scans[i].add(fields[i], split == 0, sampled);
        }
      }
    };
    for_each_row(plan, checks, block, result.rejects, take);
  }
  result.block = std::move(block);
  return result;
}

struct Schema {
  Dataset dataset;
  int64_t rows = 0;
  std::array<int64_t, 3> split_rows = {};  // of a scan in this process
  BadItems bad;
};

Result<Schema> scan_sources(const TablePlan& plan, const IngestWork& work) {
  Schema schema;
  const std::vector<ColumnScan> checks = make_scans(plan);
  std::vector<ColumnScan> scans = checks;
  Saturated saturated(checks.size());
  LineCounter lines(plan);
  uint64_t bytes = 0;
  const std::unique_ptr<BlockSource> blocks = open_blocks(plan);
  const auto produce = [&] { return next_block(*blocks, work.host.stop); };
  const auto scan = [&](Block& block) { return scan_block(plan, checks, saturated, std::move(block)); };
  const auto consume = [&](Scanned& part) -> Result<> {
    if (part.bad_encoding >= 0) {
      const std::string place = lines.place(part.block, {part.bad_encoding, {}});
      return fail(
          Exit::data, "the text is not UTF-8",
          fmt::format("convert it: iconv -f LATIN1 -t UTF-8 {} > utf8.csv", plan.files[part.block.file].name),
          place);
    }
    for (BlockReject& reject : part.rejects) {
      if (reject.problem.reason == kUnclosed) {
        return fail(Exit::data, reject.problem.detail,
                    "close it; a quote within a quoted field is doubled: \"\"",
                    lines.place(part.block, reject));
      }
      schema.bad.add({lines.place(part.block, reject), reject.problem.reason, reject.problem.detail});
    }
    for (size_t i = 0; i < scans.size(); ++i) {
      scans[i].merge(std::move(part.scans[i]));
      saturated[i] = scans[i].distinct() < 0;
    }
    for (size_t split = 0; split < part.rows.size(); ++split) {
      schema.rows += part.rows[split];
      schema.split_rows[split] += part.rows[split];
    }
    bytes += part.block.bytes.size();
    lines.pass(part.block, part.newlines);
    work.host.progress("scan", "B", bytes, plan.bytes);
    return {};
  };
  TRY((in_order<Block, Scanned>(sys::default_threads(), produce, scan, consume)));
  if (work.host.stop) return schema;
  TRY(check_bad(schema.bad, schema.rows + schema.bad.count, work.request.max_bad));
  if (schema.rows < 2) {
    return fail(Exit::data,
                fmt::format("{} has {} of data", plan.files[0].name,
                            plural(static_cast<uint64_t>(schema.rows), "row")),
                "at least 2 rows are needed, and a model wants hundreds");
  }
  schema.dataset = TRY(settle_schema(plan, scans, schema.rows, work.host));
  return schema;
}

Result<Schema> restored(const IngestWork& work, const Json& unit) {
  const Fields fields(unit);
  Schema schema;
  schema.dataset = TRY(dataset_from_json(fields.get<Json>("dataset"), "journal"));
  schema.rows = fields.get<int64_t>("rows");
  schema.bad.count = fields.get<int64_t>("bad");
  take_sums(work, unit);
  return schema;
}

// The scan's result is a unit of its own: a restart does not scan again.
Result<Schema> scan_once(const TablePlan& plan, const IngestWork& work) {
  static constexpr const char* kUnit = "schema";
  if (work.output == nullptr) return scan_sources(plan, work);
  const auto done = work.output->done().find(kUnit);
  if (done != work.output->done().end()) {
    return decode_json("journal", Exit::integrity, [&] { return restored(work, done->second); });
  }
  Schema schema = TRY(scan_sources(plan, work));
  if (work.host.stop) return schema;
  Json unit = {{"dataset", to_json(schema.dataset)}, {"rows", schema.rows}, {"bad", schema.bad.count}};
  if (const Json sums = sums_of(work); !sums.empty()) unit["sums"] = sums;
  TRY(work.output->commit(kUnit, std::move(unit)));
  return schema;
}

// --- Second pass

struct EncodedBlock {
  Block block;
  std::array<ShardPart, 3> parts;
  Bins bins;
  std::vector<BlockReject> rejects;
  int64_t newlines = 0;
};

EncodedBlock encode_block(const TablePlan& plan, const std::vector<ColumnScan>& checks,
                          const RowEncoder& encoder, Block block) {
  EncodedBlock result;
  result.bins = encoder.empty_bins();
  result.newlines = newlines_in(block.bytes);
  for_each_row(plan, checks, block, result.rejects,
               [&](const std::vector<std::string_view>& fields, int split, const std::string&) {
                 encoder.add(fields, split == 0, result.parts[static_cast<size_t>(split)], result.bins);
               });
  result.block = std::move(block);
  return result;
}

void add_bins(Bins& into, const Bins& from) {
  for (size_t i = 0; i < into.size(); ++i) {
    for (size_t j = 0; j < into[i].size(); ++j) into[i][j] += from[i][j];
  }
}

// Gathers blocks into units and writes those.
class UnitWriter {
 public:
  UnitWriter(const RowEncoder& encoder, DatasetWriter& writer)
      : encoder_(&encoder), writer_(&writer), bins_(encoder.empty_bins()) {}

  void add(const EncodedBlock& block) {
    for (size_t split = 0; split < 3; ++split) parts_[split].append(block.parts[split]);
    add_bins(bins_, block.bins);
    bytes_ += block.block.bytes.size();
  }
  bool full() const { return bytes_ >= kUnitBytes; }
  bool empty() const { return bytes_ == 0; }

  Result<> flush(const Position& next) {
    for (int split = 0; split < 3; ++split) {
      const ShardPart& part = parts_[static_cast<size_t>(split)];
      if (part.rows == 0) continue;
      const std::string stem = writer_->shard_stem(split), path = stem + "." + encoder_->extension();
      TRY(writer_->write(path, encoder_->head() + part.lines));
      if (encoder_->has_cache())
        TRY(writer_->write(stem + ".safetensors", write_safetensors(encoder_->cache(part))));
      writer_->add_shard(split, path, part.rows, part.class_counts);
    }
    TRY(writer_->commit({{"file", next.file}, {"offset", next.offset}, {"line", next.line}}, bins_));
    *this = UnitWriter(*encoder_, *writer_);
    return {};
  }

 private:
  const RowEncoder* encoder_;
  DatasetWriter* writer_;
  std::array<ShardPart, 3> parts_;
  Bins bins_;
  uint64_t bytes_ = 0;
};

Result<> write_units(const TablePlan& plan, const Dataset& dataset, DatasetWriter& writer,
                     const IngestWork& work) {
  const std::vector<ColumnScan> checks = make_scans(plan);
  const RowEncoder encoder(plan, dataset);
  UnitWriter unit(encoder, writer);
  LineCounter lines(plan);
  const std::unique_ptr<BlockSource> blocks = open_blocks(plan);
  uint64_t bytes = 0;
  if (!writer.next().is_null()) {
    const Position position{writer.next().at("file"), writer.next().at("offset"), writer.next().at("line")};
    blocks->seek(position);
    lines.start(position);
    bytes = position.offset;
  }
  Position next;
  const auto produce = [&] { return next_block(*blocks, work.host.stop); };
  const auto encode = [&](Block& block) { return encode_block(plan, checks, encoder, std::move(block)); };
  const auto consume = [&](EncodedBlock& part) -> Result<> {
    for (const BlockReject& reject : part.rejects) {
      writer.reject({lines.place(part.block, reject), reject.problem.reason, reject.problem.detail});
    }
    lines.pass(part.block, part.newlines);
    unit.add(part);
    bytes += part.block.bytes.size();
    work.host.progress("write", "B", bytes, plan.bytes);
    next = blocks->after(part.block);
    next.line = lines.line();
    return unit.full() && !work.host.stop ? unit.flush(next) : Result<>();
  };
  TRY((in_order<Block, EncodedBlock>(sys::default_threads(), produce, encode, consume)));
  if (work.host.stop || unit.empty()) return {};
  return unit.flush(next);
}

}  // namespace

Result<IngestOutcome> ingest_rows(IngestWork& work) {
  Result<TablePlan> planned = read_soundly(work, [&] { return plan_table(work); });
  const auto saved = [&] { return work.output != nullptr && !work.output->done().empty(); };
  if (!planned && work.host.stop) return IngestOutcome{IngestState::stopped, saved(), {}, 0};
  const TablePlan plan = TRY(std::move(planned));
  Schema schema = TRY(read_soundly(work, [&] { return scan_once(plan, work); }));
  IngestOutcome outcome;
  if (work.host.stop) return IngestOutcome{IngestState::stopped, saved(), {}, 0};
  outcome.dataset = std::move(schema.dataset);
  outcome.dataset.lineage = as_written(work.lineage, work.request.expansions);
  outcome.rejected = schema.bad.count;
  if (work.output == nullptr) {
    outcome.state = IngestState::planned;
    for (size_t split = 0; split < schema.split_rows.size(); ++split) {
      if (schema.split_rows[split] > 0)
        outcome.dataset.splits[kSplitNames[split]].samples = schema.split_rows[split];
    }
    return outcome;
  }
  warn_of_one_class(outcome.dataset, work.host);
  DatasetWriter writer = TRY(DatasetWriter::open(*work.output));
  TRY(write_units(plan, outcome.dataset, writer, work));
  if (work.host.stop) return IngestOutcome{IngestState::stopped, true, {}, 0};
  fill_bins(outcome.dataset, writer.extras());
  TRY(check_samples(writer, work));
  TRY(complete_lineage(work, outcome.dataset));
  TRY(writer.finish(outcome.dataset));
  warn_of_unseen_classes(outcome.dataset, work.host);
  return outcome;
}

}  // namespace mlctl
