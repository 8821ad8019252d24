#pragma once
// Prometheus' text exposition format 0.0.4, read strictly.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace mlctl::monitor {

struct MetricSample {
  std::string name;
  std::map<std::string, std::string> labels;
  double value = 0;
};

// Breaking the format's rules (TYPE before samples, one TYPE per name, families together, series unique,
// histograms complete and rising, a line feed at the end, …) → 7 with the line.
Result<std::vector<MetricSample>> parse_metrics(std::string_view text, const std::string& where);

// The sum over all series of a name that have the label values given; NaN when there is none.
double sum_of(const std::vector<MetricSample>& samples, std::string_view name,
              const std::map<std::string, std::string>& labels = {});

// Bucket bounds (the last is +Inf) with cumulative counts, summed over series.
struct Histogram {
  std::vector<double> bounds, counts;
  double sum = 0;
};
Histogram histogram_of(const std::vector<MetricSample>& samples, const std::string& name);
Histogram operator-(const Histogram& later, const Histogram& earlier);

// As PromQL's histogram_quantile: linear within a bucket, the highest finite bound in the last. NaN: empty,
// or of one bucket, which says nothing.
double quantile(const Histogram& histogram, double q);

}  // namespace mlctl::monitor
