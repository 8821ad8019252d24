#include "core/serve/sketch.h"

#include <algorithm>
#include <cmath>

#include "core/data/stats.h"

namespace mlctl::serve {

namespace {
constexpr size_t kExtra = 3;  // missing, below, above
}

// The training statistics keep rare values under "", which is the bin of all unlisted values here.
size_t bin_count(const FeatureStats& feature) {
  if (!feature.categorical) return feature.edges.size() + 1;
  const auto& values = feature.values;
  const bool has_rest =
      std::any_of(values.begin(), values.end(), [](const auto& v) { return v.first.empty(); });
  return values.size() + (has_rest ? 0 : 1);
}

size_t Sketch::cells_needed(const std::vector<FeatureStats>& statistics) {
  size_t total = 0;
  for (const FeatureStats& feature : statistics) total += bin_count(feature) + kExtra;
  return total;
}

Sketch::Sketch(const Cells& cells, size_t first, const std::vector<FeatureStats>& statistics)
    : cells_(&cells), statistics_(&statistics) {
  for (const FeatureStats& feature : statistics) {
    first_.push_back(first);
    first += bin_count(feature) + kExtra;
  }
}

void Sketch::missing(size_t feature) const {
  count(first_[feature] + bin_count((*statistics_)[feature]));
}

void Sketch::number(size_t feature, double value) const {
  const FeatureStats& stats = (*statistics_)[feature];
  if (std::isnan(value)) return missing(feature);
  const size_t bins = bin_count(stats);
  count(first_[feature] + bin_of(stats.edges, value));
  if (value < stats.min) count(first_[feature] + bins + 1);
  if (value > stats.max) count(first_[feature] + bins + 2);
}

void Sketch::category(size_t feature, std::string_view value) const {
  const auto& values = (*statistics_)[feature].values;
  auto found = std::find_if(values.begin(), values.end(), [&](const auto& v) { return v.first == value; });
  if (found == values.end()) {
    found = std::find_if(values.begin(), values.end(), [](const auto& v) { return v.first.empty(); });
  }
  count(first_[feature] + static_cast<size_t>(found - values.begin()));
}

std::vector<FeatureCounts> Sketch::counts() const {
  std::vector<FeatureCounts> all;
  for (size_t feature = 0; feature < statistics_->size(); ++feature) {
    const auto read = [&](size_t at) {
      return static_cast<int64_t>((*cells_)[first_[feature] + at].load(std::memory_order_relaxed));
    };
    FeatureCounts counts;
    counts.name = (*statistics_)[feature].name;
    const size_t bins = bin_count((*statistics_)[feature]);
    for (size_t bin = 0; bin < bins; ++bin) counts.bins.push_back(read(bin));
    counts.missing = read(bins);
    counts.below = read(bins + 1);
    counts.above = read(bins + 2);
    all.push_back(std::move(counts));
  }
  return all;
}

}  // namespace mlctl::serve
