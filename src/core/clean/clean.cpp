#include "core/clean/clean.h"

#include <cerrno>
#include <cstdlib>
#include <limits>
#include <optional>

#include <fmt/format.h>

#include "core/base/hash.h"
#include "core/clean/clean_work.h"
#include "core/clean/label_noise.h"
#include "core/ingest/ingest_work.h"
#include "core/text/json_fields.h"

namespace mlctl {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

namespace {

constexpr int kFormat = 2;  // raised when the same inputs give other bytes
constexpr const char* kScans = ".scans";

Json lineage_of(const CleanRequest& request) {
  return {{"command", "clean"},
          {"parameters", to_json(request.rules)},
          {"inputs", {{{"name", "dataset"}, {"digest", dataset_digest(request.dataset)}}}}};
}

std::string fingerprint_of(const CleanRequest& request, const Json& lineage) {
  Json parts = {{"format", kFormat}, {"lineage", lineage}};
  if (request.rules.mask_pii != Masking::none) parts["key"] = sha256_hex(request.pii_key);
  return sha256_hex(dump_json(parts));
}

// Where scans are kept: in the output while it is worked on, for a dry run in a temporary folder.
class ScanFolder {
 public:
  static Result<ScanFolder> open(OutputFolder* output) {
    if (output != nullptr) return ScanFolder(output->folder() / kScans, false);
    std::string pattern = (fs::temp_directory_path() / "mlctl-clean-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) return fail(sys::os_error(errno, "make folder", pattern));
    return ScanFolder(pattern, true);
  }
  ~ScanFolder() {
    if (temporary_) (void)remove();
  }
  ScanFolder(ScanFolder&& other) noexcept
      : path_(std::move(other.path_)), temporary_(std::exchange(other.temporary_, false)) {}
  ScanFolder& operator=(ScanFolder&&) = delete;
  const sys::PathAt& path() const { return path_; }
  Result<> remove() const { return sys::remove_tree(path_); }

 private:
  ScanFolder(sys::PathAt path, bool temporary) : path_(std::move(path)), temporary_(temporary) {}
  sys::PathAt path_;
  bool temporary_ = false;
};

Result<int64_t> corrupt_in(const Json& unit) {
  return decode_json("journal", Exit::integrity,
                     [&]() -> Result<int64_t> { return Fields(unit).get<int64_t>("corrupt"); });
}

// The first pass: one unit of the journal a shard. Returns how many items are corrupt.
Result<int64_t> scan_all(const CleanRequest& request, const IngestHost& host, const Items& items,
                         OutputFolder* output, const ScanFolder& folder) {
  const ScanTask task{request.shards, request.dataset, request.rules, host.stop};
  int64_t corrupt = 0;
  uint64_t looked_at = 0;
  for (const Shard& shard : items.shards()) {
    const std::string unit = "scan-" + shard.stem;
    // The folder is missing when the last run got as far as removing the scans.
    const bool kept = sys::exists(folder.path() / shard.stem);
    if (output != nullptr && kept && output->done().contains(unit)) {
      corrupt += TRY(corrupt_in(output->done().at(unit)));
      looked_at += shard.count;
      continue;
    }
    const ShardScan scan = TRY(scan_shard(task, shard, [&](uint64_t count) {
      host.progress("look", name(request.dataset.kind), looked_at += count, items.size());
    }));
    TRY(sys::write_file(folder.path() / shard.stem, scan.records));
    if (output != nullptr)
      TRY(output->commit(unit, {{"corrupt", scan.corrupt}, {"tooSmall", scan.too_small}}));
    corrupt += scan.corrupt;
  }
  return corrupt;
}

// Items are numbered with 32 bits, so there may not be more.
Result<> check_count(const Dataset& dataset) {
  uint64_t count = 0;
  for (const auto& [split, part] : dataset.splits) count += static_cast<uint64_t>(part.samples);
  if (count <= std::numeric_limits<uint32_t>::max()) return {};
  return fail(
      Exit::resource,
      fmt::format("{} samples: clean looks at {} at most", count, std::numeric_limits<uint32_t>::max()),
      "clean parts of the data, and join them");
}

Result<> check_bad_items(const CleanWork& work, int64_t corrupt) {
  if (corrupt <= work.request.rules.max_bad.allowed(work.items.size())) return {};
  BadItems bad;
  for (const Shard& shard : work.items.shards()) {
    TRY(work.for_each_item(shard, [&](uint32_t item, const Sample& sample) -> Result<> {
      if (work.decisions.verdicts[item].reason == Reason::corrupt) bad.add(work.reject_of(item, sample));
      return {};
    }));
  }
  return check_bad(bad, work.items.size(), work.request.rules.max_bad);
}

Tally tally_of_decisions(const Decisions& decisions, const CleanRules& rules) {
  Tally tally;
  for (const Suspect& suspect : decisions.suspects) ++tally.suspects[text_of(suspect.suspicion).code];
  if (rules.leakage == LeakageAction::report) tally.leaks_kept = decisions.leaks;
  return tally;
}

Result<> check_train(const Dataset& input, const Tally& tally) {
  int64_t left = input.splits.contains("train") ? input.splits.at("train").samples : 0;
  for (const auto& [reason, splits] : tally.removed)
    left -= splits.contains("train") ? splits.at("train") : 0;
  if (left > 0) return {};
  return fail(Exit::data, "nothing would be left of train", "--dry-run shows which rule takes what");
}

Dataset begin_output(const Dataset& input, const Json& lineage) {
  Dataset output;
  output.kind = input.kind;
  output.classes = input.classes;
  output.lineage = lineage;
  return output;
}

Result<Dataset> clean_into(const CleanRequest& request, const IngestHost& host, OutputFolder* output,
                           const Json& lineage) {
  Dataset cleaned = begin_output(request.dataset, as_written(lineage, request.expansions));
  std::optional<DatasetWriter> writer;
  if (output != nullptr) writer = TRY(DatasetWriter::open(*output));
  if (writer && writer->finished()) {
    TRY(writer->finish(cleaned));
    return cleaned;
  }
  TRY(check_count(request.dataset));
  const Items items(request.dataset);
  const ScanFolder folder = TRY(ScanFolder::open(output));
  const int64_t corrupt = TRY(scan_all(request, host, items, output, folder));
  const Scans scans = TRY(Scans::open(folder.path(), items, scan_layout(request.dataset, request.rules)));
  Decisions decisions = decide(request.dataset, request.rules, items, scans);
  const CleanWork work{request, host, items, scans, decisions};
  TRY(check_bad_items(work, corrupt));
  add_suspects(decisions, TRY(unlikely_labels(work)));

  Tally tally = tally_of_decisions(decisions, request.rules);
  const auto clean_kind = request.dataset.kind == DatasetKind::image ? clean_images : clean_rows;
  TRY(clean_kind(work, writer ? &*writer : nullptr, cleaned, tally));
  if (!request.dry_run) TRY(check_train(request.dataset, tally));
  cleaned.lineage.update(to_json(tally));
  if (!writer) return cleaned;
  TRY(folder.remove());
  TRY(writer->finish(cleaned));
  return cleaned;
}

bool gives_up(Exit code) {
  return code == Exit::data || code == Exit::usage || code == Exit::integrity;
}

}  // namespace

Result<CleanOutcome> clean(const CleanRequest& request, const IngestHost& host) {
  TRY(check_rules(request.rules, request.dataset));
  const Json lineage = lineage_of(request);
  if (request.dry_run) {
    TRY(request.shards.verify(request.dataset));
    return CleanOutcome{CleanState::planned, false, TRY(clean_into(request, host, nullptr, lineage))};
  }
  TRY(request.shards.verify(request.dataset));
  OutputFolder output = TRY(OutputFolder::open(request.to, fingerprint_of(request, lineage),
                                               {request.overwrite, "dataset.json", request.upkeep}));
  if (output.state() == OutputState::up_to_date) {
    return CleanOutcome{CleanState::up_to_date, false, TRY(open_dataset(request.to))};
  }
  if (!output.damage().empty()) host.note("starting over: of what an earlier run left, " + output.damage());
  const Result<Dataset> cleaned = clean_into(request, host, &output, lineage);
  if (cleaned) return CleanOutcome{CleanState::written, false, std::move(*cleaned)};
  const bool saved = !output.done().empty();
  if (cleaned.error().code == Exit::interrupted) return CleanOutcome{CleanState::stopped, saved, {}};
  // Work that would fail the same way the next time is removed; after a full disk it is kept.
  if (gives_up(cleaned.error().code)) TRY(output.discard());
  return fail(cleaned.error());
}

}  // namespace mlctl
