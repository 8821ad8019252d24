#pragma once
// An endpoint's measurements of itself, and their text for Prometheus (exposition format 0.0.4).

#include <atomic>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/serve/cells.h"

namespace mlctl::serve {

// Upper bounds in seconds; 15 and 80 ms are MLPerf's limits, the rest Prometheus' usual ones.
inline constexpr double kLatencyBounds[] = {.0005, .001, .0025, .005, .01, .015, .025, .05,
                                            .08,   .1,   .25,   .5,   1,   2.5,  5,    10};
inline constexpr double kBatchBounds[] = {1, 2, 4, 8, 16, 32, 64, 128, 256};
inline constexpr int kCodes[] = {200, 400, 401, 404, 405, 408, 413, 429, 431, 500, 503};

// Prometheus' data model in a minimal form, to be written as text.
struct MetricLabel {
  std::string name, value;
};
class MetricsText {
 public:
  void family(std::string_view name, std::string_view type, std::string_view help);
  void sample(std::string_view name, const std::vector<MetricLabel>& labels, double value);
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

class Metrics {
 public:
  static constexpr size_t kCells =
      std::size(kCodes) + 2 * (std::size(kLatencyBounds) + 2) + std::size(kBatchBounds) + 2 + 2;

  // Uses the first kCells cells.
  Metrics(const Cells& cells, std::string model, std::string version);

  void request(int code, double seconds) const;  // an inference request was answered
  void batch(int64_t examples, std::span<const double> queue_seconds) const;

  std::atomic<int64_t> in_flight{0};
  std::atomic<bool> ready{false};
  double loaded_at = 0;  // unix seconds; 0: not yet

  void write(MetricsText& text) const;

 private:
  const Cells* cells_;
  std::vector<MetricLabel> labels_;
};

// process_*: CPU, memory, descriptors, start time of this process.
void write_process_metrics(MetricsText& text);

}  // namespace mlctl::serve
