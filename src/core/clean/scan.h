#pragma once
// The first pass: what a decision over the whole dataset needs to know of each item, in a file of fixed-size
// records per shard. They stay on disk and are mapped, so memory does not grow with them.

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/clean/image_mark.h"
#include "core/clean/items.h"
#include "core/clean/spec.h"
#include "core/clean/text_mark.h"
#include "core/data/samples.h"
#include "core/data/shards.h"
#include "core/ingest/image_unit.h"
#include "core/sys/fs.h"
#include "core/sys/stop.h"

namespace mlctl {

enum class ItemState : int32_t { good, corrupt, too_small };

struct ScanRecord {
  uint64_t identity[2] = {};  // of content and label: equal items are duplicates
  uint64_t content[2] = {};   // without the label
  int32_t label = -1;         // -1: none
  ItemState state = ItemState::good;
  char key[24] = {};  // the sample's, cut off where longer
};

// What looking at one shard left.
struct ShardScan {
  // Each ScanRecord, of images ImageMeasure, and where near duplicates are wanted ImageMark or TextMark.
  std::string records;
  int64_t corrupt = 0, too_small = 0;
};

struct ScanTask {
  Shards& shards;
  const Dataset& dataset;
  const CleanRules& rules;
  const sys::StopFlag& stop;
};

// How the records of a dataset are laid out, in bytes.
struct ScanLayout {
  size_t measure = 0, mark = 0;  // 0: left out
  size_t stride() const { return sizeof(ScanRecord) + measure + mark; }
};
ScanLayout scan_layout(const Dataset& dataset, const CleanRules& rules);

Result<ShardScan> scan_shard(const ScanTask& task, const Shard& shard,
                             const std::function<void(uint64_t)>& progress);

// Why a sample is bad, in words; nothing when it is good. scan_shard() decides by this.
struct Fault {
  ItemState state;
  std::string detail;
};
std::optional<Fault> find_fault(const Dataset& dataset, const CleanRules& rules, const Sample& sample);

// All records, by ordinal.
class Scans {
 public:
  static Result<Scans> open(const sys::PathAt& folder, const Items& items, ScanLayout layout);
  const ScanRecord& record(uint32_t item) const;
  std::string_view mark(uint32_t item) const;
  ImageMeasure measure(uint32_t item) const;

 private:
  const char* at(uint32_t item) const;

  const Items* items_ = nullptr;
  ScanLayout layout_;
  std::vector<sys::Mapping> shards_;  // as Items::shards()
};

Error interrupted();

}  // namespace mlctl
