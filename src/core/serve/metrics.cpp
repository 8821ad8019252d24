#include "core/serve/metrics.h"

#include <algorithm>
#include <cmath>
#include <ctime>
#include <iterator>

#include <fmt/format.h>

#include "core/base/strings.h"

namespace mlctl::serve {

namespace {

constexpr size_t kDuration = std::size(kCodes);
constexpr size_t kQueue = kDuration + std::size(kLatencyBounds) + 2;
constexpr size_t kBatch = kQueue + std::size(kLatencyBounds) + 2;
constexpr size_t kExamples = kBatch + std::size(kBatchBounds) + 2;
constexpr size_t kBegan = kExamples + 1;  // Unix seconds
constexpr double kNanos = 1e9;            // sums are kept in integers

// A histogram's cells: one per bound, one for +Inf, then the sum times `scale`.
void observe(const Cells& cells, size_t first, std::span<const double> bounds, double value, double scale) {
  const size_t bin =
      static_cast<size_t>(std::lower_bound(bounds.begin(), bounds.end(), value) - bounds.begin());
  cells[first + bin].fetch_add(1, std::memory_order_relaxed);
  const double scaled = std::max(0.0, value * scale);
  cells[first + bounds.size() + 1].fetch_add(static_cast<uint64_t>(scaled), std::memory_order_relaxed);
}

std::string number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return shortest(value);
}

void append_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (c == '\\' || c == '"') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
}

void write_histogram(MetricsText& text, const Cells& cells, size_t first, std::span<const double> bounds,
                     double scale, const std::string& name, const std::vector<MetricLabel>& labels) {
  uint64_t total = 0;
  for (size_t bin = 0; bin <= bounds.size(); ++bin) {
    total += cells[first + bin].load(std::memory_order_relaxed);
    std::vector<MetricLabel> all = labels;
    all.push_back({"le", bin == bounds.size() ? "+Inf" : shortest(bounds[bin])});
    text.sample(name + "_bucket", all, static_cast<double>(total));
  }
  const double sum = static_cast<double>(cells[first + bounds.size() + 1].load(std::memory_order_relaxed));
  text.sample(name + "_sum", labels, sum / scale);
  text.sample(name + "_count", labels, static_cast<double>(total));
}

}  // namespace

void MetricsText::family(std::string_view name, std::string_view type, std::string_view help) {
  fmt::format_to(std::back_inserter(text_), "# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
}

void MetricsText::sample(std::string_view name, const std::vector<MetricLabel>& labels, double value) {
  text_ += name;
  for (size_t at = 0; at < labels.size(); ++at) {
    text_ += at == 0 ? '{' : ',';
    text_ += labels[at].name;
    text_ += "=\"";
    append_escaped(text_, labels[at].value);
    text_ += '"';
  }
  if (!labels.empty()) text_ += '}';
  text_ += ' ';
  text_ += number(value);
  text_ += '\n';
}

Metrics::Metrics(const Cells& cells, std::string model, std::string version)
    : cells_(&cells), labels_{{"model", std::move(model)}, {"version", std::move(version)}} {
  // The first of several workers sets when counting began.
  uint64_t unset = 0;
  cells[kBegan].compare_exchange_strong(unset, static_cast<uint64_t>(std::time(nullptr)));
}

void Metrics::request(int code, double seconds) const {
  const auto* found = std::find(std::begin(kCodes), std::end(kCodes), code);
  if (found == std::end(kCodes))
    found = std::find(std::begin(kCodes), std::end(kCodes), code < 500 ? 400 : 500);
  (*cells_)[static_cast<size_t>(found - std::begin(kCodes))].fetch_add(1, std::memory_order_relaxed);
  observe(*cells_, kDuration, kLatencyBounds, seconds, kNanos);
}

void Metrics::batch(int64_t examples, std::span<const double> queue_seconds) const {
  observe(*cells_, kBatch, kBatchBounds, static_cast<double>(examples), 1);
  (*cells_)[kExamples].fetch_add(static_cast<uint64_t>(examples), std::memory_order_relaxed);
  for (const double seconds : queue_seconds) observe(*cells_, kQueue, kLatencyBounds, seconds, kNanos);
}

void Metrics::write(MetricsText& text) const {
  text.family("mlctl_inference_requests_total", "counter", "Inference requests by HTTP status.");
  for (size_t at = 0; at < std::size(kCodes); ++at) {
    std::vector<MetricLabel> labels = labels_;
    labels.push_back({"code", std::to_string(kCodes[at])});
    text.sample("mlctl_inference_requests_total", labels, static_cast<double>((*cells_)[at].load()));
  }
  text.family("mlctl_inference_request_duration_seconds", "histogram",
              "From a request's last byte to its answer.");
  write_histogram(text, *cells_, kDuration, kLatencyBounds, kNanos,
                  "mlctl_inference_request_duration_seconds", labels_);
  text.family("mlctl_inference_queue_duration_seconds", "histogram", "Waiting for a batch.");
  write_histogram(text, *cells_, kQueue, kLatencyBounds, kNanos, "mlctl_inference_queue_duration_seconds",
                  labels_);
  text.family("mlctl_inference_batch_size", "histogram", "Examples per run of the model.");
  write_histogram(text, *cells_, kBatch, kBatchBounds, 1, "mlctl_inference_batch_size", labels_);
  text.family("mlctl_inference_examples_total", "counter", "Examples that went through the model.");
  text.sample("mlctl_inference_examples_total", labels_, static_cast<double>((*cells_)[kExamples].load()));
  text.family("mlctl_counters_start_timestamp_seconds", "gauge", "When the counters of this revision began.");
  text.sample("mlctl_counters_start_timestamp_seconds", labels_,
              static_cast<double>((*cells_)[kBegan].load()));
  text.family("mlctl_inference_in_flight", "gauge", "Inference requests being answered by this process.");
  text.sample("mlctl_inference_in_flight", labels_, static_cast<double>(in_flight.load()));
  text.family("mlctl_model_ready", "gauge", "1 when the model answers.");
  text.sample("mlctl_model_ready", labels_, ready ? 1 : 0);
  text.family("mlctl_model_load_timestamp_seconds", "gauge", "When the model was loaded.");
  text.sample("mlctl_model_load_timestamp_seconds", labels_, loaded_at);
}

}  // namespace mlctl::serve
