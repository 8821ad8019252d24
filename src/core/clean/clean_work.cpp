#include "core/clean/clean_work.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/random.h"
#include "core/data/split_rule.h"
#include "core/text/json.h"

namespace mlctl {

using Json = nlohmann::ordered_json;

namespace {

// suspects.jsonl.
std::string suspect_lines(const CleanWork& work) {
  const auto label = [&](uint32_t item) -> Json {
    const int32_t index = work.scans.record(item).label;
    const bool named = index >= 0 && static_cast<size_t>(index) < work.input().classes.size();
    return named ? Json(work.input().classes[static_cast<size_t>(index)]) : Json();
  };
  std::string lines;
  for (const Suspect& suspect : work.decisions.suspects) {
    Json line = {{"item", work.place_of(suspect.item)},
                 {"reason", text_of(suspect.suspicion).code},
                 {"other", work.place_of(suspect.other)}};
    if (!label(suspect.item).is_null()) line["labels"] = {label(suspect.item), label(suspect.other)};
    lines += dump_json(line) + "\n";
  }
  return lines;
}

std::string detail_of(const Verdict& verdict, const std::string& other) {
  if (verdict.reason == Reason::leakage)
    return fmt::format("{} {}", verdict.near ? "nearly the same as" : "also", other);
  return fmt::format("{} {}", verdict.reason == Reason::near_duplicate ? "nearly the same as" : "the same as",
                     other);
}

}  // namespace

std::string CleanWork::place_of(uint32_t item) const {
  return items.shard_of(item).split + "/" + scans.record(item).key;
}

Reject CleanWork::reject_of(uint32_t item, const Sample& sample) const {
  const Verdict& verdict = decisions.verdicts[item];
  Reject reject;
  reject.split = items.shard_of(item).split;
  reject.key = sample.key;
  reject.source = sample.source;
  reject.reason = code(verdict.reason);
  if (verdict.reason == Reason::corrupt || verdict.reason == Reason::too_small) {
    const std::optional<Fault> fault = find_fault(input(), request.rules, sample);
    if (fault) reject.detail = fault->detail;
  } else {
    reject.other = place_of(verdict.other);
    reject.detail = detail_of(verdict, reject.other);
  }
  return reject;
}

Result<> CleanWork::for_each_item(const Shard& shard,
                                  const std::function<Result<>(uint32_t, const Sample&)>& take) const {
  uint32_t item = shard.first;
  return for_each_sample_in_shard(
      request.shards, input(), shard.split, shard.index, [&](const Sample& sample) -> Result<> {
        if (host.stop) return fail(interrupted());
        if (item - shard.first >= shard.count)
          return fail(Exit::integrity, "it has more samples than were looked at", {}, shard.stem);
        return take(item++, sample);
      });
}

Result<> CleanWork::write_suspects(size_t shard, DatasetWriter& writer) const {
  if (shard + 1 < items.shards().size() || decisions.suspects.empty()) return {};
  return writer.write("suspects.jsonl", suspect_lines(*this));
}

TrainSample::TrainSample(const Dataset& dataset, double rows) {
  const auto train = dataset.splits.find(kTrain);
  if (train != dataset.splits.end() && static_cast<double>(train->second.samples) > rows)
    rate_ = rows / static_cast<double>(train->second.samples);
}

bool TrainSample::takes(uint32_t item) const {
  return rate_ >= 1 || Random(item).uniform() < rate_;
}

int split_index(const std::string& split) {
  return static_cast<int>(std::find(kSplitNames.begin(), kSplitNames.end(), split) - kSplitNames.begin());
}

}  // namespace mlctl
