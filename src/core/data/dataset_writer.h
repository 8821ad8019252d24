#pragma once
// Writes a dataset in units that survive a kill: each unit's shards are durable before its journal entry says
// so.

#include <array>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/data/dataset.h"
#include "core/data/reject.h"
#include "core/output/journal.h"

namespace mlctl {

class DatasetWriter {
 public:
  // Goes on with what the journal holds; a damaged one → 10.
  static Result<DatasetWriter> open(OutputFolder& output);

  // What the journal holds: the last unit's `next` (null when there is none), and each unit's `extra` in
  // order.
  const nlohmann::ordered_json& next() const { return next_; }
  const std::vector<nlohmann::ordered_json>& extras() const { return extras_; }
  size_t units() const { return units_; }
  // Everything is written and only the last rename is missing; the scratch may be gone.
  bool finished() const;
  int64_t rejected() const { return rejected_; }
  int64_t samples() const;  // of all splits
  int64_t samples(int split) const { return totals_[static_cast<size_t>(split)].samples; }

  // "train-000003": the name of the split's next shard.
  std::string shard_stem(int split) const;
  // Writes a file of the current unit; durable on return.
  Result<> write(const std::string& path, std::string_view bytes);
  // Adds a file written before as the current unit's shard of a split, with its number of samples in all
  // and per class.
  void add_shard(int split, const std::string& path, int64_t samples,
                 const std::vector<int64_t>& class_counts);
  void reject(const Reject& reject);
  // Keeps bytes of the current unit for the end of the run. They do not become part of the dataset.
  Result<> write_scratch(std::string_view bytes);
  Result<std::string> read_scratch(size_t unit) const;
  Result<> commit(nlohmann::ordered_json next, nlohmann::ordered_json extra);

  // Fills in splits and files, writes rejects.jsonl and dataset.json, and makes the folder the finished
  // output.
  Result<> finish(Dataset& dataset);

 private:
  explicit DatasetWriter(OutputFolder& output);
  Result<> restore(const nlohmann::ordered_json& unit);
  Result<> write_rejects();
  sys::PathAt part(const char* what, size_t unit) const;

  OutputFolder* output_;
  std::array<Split, 3> totals_;
  std::vector<FileEntry> files_;
  size_t units_ = 0;
  int64_t rejected_ = 0;
  nlohmann::ordered_json next_, unit_;
  std::vector<nlohmann::ordered_json> extras_;
  std::string reject_lines_;
};

}  // namespace mlctl
