#pragma once
// The pieces of FeatureStats, each mergeable, so that a pass over the data can be cut into parts.

#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "core/data/dataset.h"

namespace mlctl {

// Count, mean, variance and range of a stream (Welford; merging after Chan et al. 1979).
struct Moments {
  int64_t count = 0;
  double mean = 0, m2 = 0;
  double min = std::numeric_limits<double>::infinity(), max = -std::numeric_limits<double>::infinity();

  void add(double value);
  void merge(const Moments& other);
  double stddev() const;  // of the population
};

// The nine deciles of a sample, ascending and distinct: FeatureStats::edges.
std::vector<double> decile_edges(std::vector<double> sample);
// The bin of FeatureStats::bins a value falls into: the number of edges that are not above it.
size_t bin_of(const std::vector<double>& edges, double value);

// A numeric feature's statistics but its bins.
FeatureStats numeric_stats(const std::string& name, const Moments& moments, int64_t missing,
                           std::vector<double> sample);

// The number of words of a text: the feature "length".
int64_t text_length(std::string_view text);

}  // namespace mlctl
