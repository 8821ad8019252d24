#pragma once
// Rows into the bytes of a shard: CSV lines with the typed cache, or JSONL lines for texts.

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/data/dataset.h"
#include "core/ingest/table_plan.h"
#include "core/tensor/tensor.h"

namespace mlctl {

// Some rows of one split.
struct ShardPart {
  std::string lines;
  int64_t rows = 0;
  std::vector<int64_t> class_counts;
  std::vector<std::string> cells;  // one per dataset column: F64 or I32, little-endian
  void append(const ShardPart& other);
};

using Bins = std::vector<std::vector<int64_t>>;  // as Dataset::statistics

class RowEncoder {
 public:
  RowEncoder(const TablePlan& plan, const Dataset& schema);

  void add(const std::vector<std::string_view>& fields, bool train, ShardPart& part, Bins& bins) const;
  Bins empty_bins() const;
  const char* extension() const { return texts_ ? "jsonl" : "csv"; }
  std::string head() const;  // what a shard begins with: the CSV header
  bool has_cache() const { return !texts_; }
  TensorMap cache(const ShardPart& part) const;

 private:
  struct Target {
    size_t field = 0;  // in the source's header
    const Column* column = nullptr;
    int stats = -1;  // in Dataset::statistics
    std::unordered_map<std::string_view, int32_t> codes;
  };
  void add_line(const std::vector<std::string_view>& fields, ShardPart& part) const;
  void add_cell(const Target& target, std::string_view cell, bool train, std::string& cells,
                Bins& bins) const;

  const Dataset* schema_;
  std::vector<Target> targets_;
  int label_ = -1;  // in targets_, of a classification
  bool texts_ = false;
};

// Adds up the Bins that the units of a DatasetWriter left as their extras.
void fill_bins(Dataset& dataset, const std::vector<nlohmann::ordered_json>& extras);

}  // namespace mlctl
