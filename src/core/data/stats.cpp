#include "core/data/stats.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace mlctl {

void Moments::add(double value) {
  ++count;
  const double delta = value - mean;
  mean += delta / static_cast<double>(count);
  m2 += delta * (value - mean);
  min = std::min(min, value);
  max = std::max(max, value);
}

void Moments::merge(const Moments& other) {
  if (other.count == 0) return;
  if (count == 0) {
    *this = other;
    return;
  }
  const double total = static_cast<double>(count + other.count), delta = other.mean - mean;
  const double share = static_cast<double>(other.count) / total;
  m2 += other.m2 + delta * delta * static_cast<double>(count) * share;
  mean += delta * share;
  count += other.count;
  min = std::min(min, other.min);
  max = std::max(max, other.max);
}

double Moments::stddev() const {
  // May overflow with values near the largest double, but a document may only hold finite numbers.
  const double value = count == 0 ? 0 : std::sqrt(std::max(0.0, m2) / static_cast<double>(count));
  return std::isfinite(value) ? value : std::numeric_limits<double>::max();
}

std::vector<double> decile_edges(std::vector<double> sample) {
  std::vector<double> edges;
  if (sample.empty()) return edges;
  std::sort(sample.begin(), sample.end());
  for (size_t tenth = 1; tenth < 10; ++tenth) {
    const double edge = sample[tenth * sample.size() / 10];
    if ((edges.empty() || edge > edges.back()) && edge > sample.front()) edges.push_back(edge);
  }
  return edges;
}

size_t bin_of(const std::vector<double>& edges, double value) {
  return static_cast<size_t>(std::upper_bound(edges.begin(), edges.end(), value) - edges.begin());
}

FeatureStats numeric_stats(const std::string& name, const Moments& moments, int64_t missing,
                           std::vector<double> sample) {
  FeatureStats stats;
  stats.name = name;
  stats.count = moments.count;
  stats.missing = missing;
  if (moments.count > 0) {
    stats.mean = std::isfinite(moments.mean) ? moments.mean : moments.min / 2 + moments.max / 2;
    stats.stddev = moments.stddev();
    stats.min = moments.min;
    stats.max = moments.max;
  }
  stats.edges = decile_edges(std::move(sample));
  stats.bins.assign(stats.edges.size() + 1, 0);
  return stats;
}

int64_t text_length(std::string_view text) {
  int64_t words = 0;
  bool within = false;
  for (const char c : text) {
    const bool blank = c == ' ' || (c >= '\t' && c <= '\r');
    words += !blank && !within;
    within = !blank;
  }
  return words;
}

}  // namespace mlctl
