#pragma once
// Shared by the cleaning of all kinds of dataset.

#include <string>
#include <string_view>

#include "core/clean/clean.h"
#include "core/clean/decide.h"
#include "core/clean/tally.h"
#include "core/data/dataset_writer.h"

namespace mlctl {

struct CleanWork {
  const CleanRequest& request;
  const IngestHost& host;
  const Items& items;
  const Scans& scans;
  const Decisions& decisions;

  const Dataset& input() const { return request.dataset; }
  std::string place_of(uint32_t item) const;  // "train/000123"
  // The line of rejects.jsonl about an item that a verdict removes.
  Reject reject_of(uint32_t item, const Sample& sample) const;
  // Calls take(item, sample) for a shard's items, until the user asks to stop.
  Result<> for_each_item(const Shard& shard,
                         const std::function<Result<>(uint32_t, const Sample&)>& take) const;
  // suspects.jsonl, pairs whose labels contradict each other: part of the last shard's unit.
  Result<> write_suspects(size_t shard, DatasetWriter& writer) const;
};

inline constexpr const char* kTrain = "train";

// A random share of train, of about `rows`; everything of a smaller one.
class TrainSample {
 public:
  TrainSample(const Dataset& dataset, double rows);
  bool takes(uint32_t item) const;

 private:
  double rate_ = 1;
};

int split_index(const std::string& split);  // in kSplitNames

// Each sets in `output` what cleaning changes of the input's schema and statistics. Unless `writer` is null
// (a dry run), each also writes the shards that the writer does not hold yet.
Result<> clean_rows(const CleanWork& work, DatasetWriter* writer, Dataset& output, Tally& tally);
Result<> clean_images(const CleanWork& work, DatasetWriter* writer, Dataset& output, Tally& tally);

}  // namespace mlctl
