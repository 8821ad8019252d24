#pragma once
// What an endpoint's inputs look like: counts per feature over the bins of the model's training statistics.
// The bins are frozen, so counts of any two moments or workers can be added and subtracted exactly.

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "core/data/dataset.h"
#include "core/serve/cells.h"

namespace mlctl::serve {

struct FeatureCounts {
  std::string name;
  std::vector<int64_t> bins;  // as FeatureStats::bins; categorical: as its values, then all others
  int64_t missing = 0, below = 0, above = 0;  // below and above the training data's range; also in the bins
};

class Sketch {
 public:
  // Uses the cells from `first` on; keeps a pointer to the statistics.
  Sketch(const Cells& cells, size_t first, const std::vector<FeatureStats>& statistics);
  static size_t cells_needed(const std::vector<FeatureStats>& statistics);

  void number(size_t feature, double value) const;  // NaN: missing
  void category(size_t feature, std::string_view value) const;
  void missing(size_t feature) const;

  const std::vector<FeatureStats>& statistics() const { return *statistics_; }
  std::vector<FeatureCounts> counts() const;

 private:
  void count(size_t cell) const { (*cells_)[cell].fetch_add(1, std::memory_order_relaxed); }
  const Cells* cells_;
  const std::vector<FeatureStats>* statistics_;
  std::vector<size_t> first_;  // each feature's cells: bins, missing, below, above
};

size_t bin_count(const FeatureStats& feature);

}  // namespace mlctl::serve
