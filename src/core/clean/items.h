#pragma once
// The items of a dataset in the order in which cleaning decides about them: test first, then validation,
// then train. So of two equal items the one in test or validation stays and the one in train goes.

#include <string>
#include <vector>

#include "core/data/dataset.h"

namespace mlctl {

// One input shard: the unit of the journal.
struct Shard {
  std::string split;
  size_t index = 0;    // of the split's files
  std::string stem;    // "train-000000"
  uint32_t first = 0;  // ordinal of its first item
  uint32_t count = 0;
};

class Items {
 public:
  explicit Items(const Dataset& dataset);

  const std::vector<Shard>& shards() const { return shards_; }
  uint32_t size() const { return size_; }
  const Shard& shard_of(uint32_t item) const;
  size_t split_of(uint32_t item) const;  // comparable: 0 decides first
  const std::string& split_name(size_t split) const { return splits_[split].name; }
  // The item's number within its split.
  int64_t row_of(uint32_t item) const;

 private:
  struct SplitRange {
    std::string name;
    uint32_t first = 0;
  };
  std::vector<SplitRange> splits_;
  std::vector<Shard> shards_;
  uint32_t size_ = 0;
};

}  // namespace mlctl
