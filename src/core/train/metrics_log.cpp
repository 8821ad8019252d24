#include "core/train/metrics_log.h"

#include "core/text/json.h"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace mlctl {

namespace {

using Json = nlohmann::ordered_json;

// Points of the training curve in an epoch.
constexpr int64_t kPointsPerEpoch = 20;

// "val_loss" → "loss/validation", so that TensorBoard draws both curves in one chart.
std::string chart_name(const std::string& metric) {
  return metric.starts_with("val_") ? metric.substr(4) + "/validation" : metric + "/train";
}

}  // namespace

Result<MetricsLog> MetricsLog::open(const sys::PathAt& folder, const sys::Clock& clock) {
  MetricsLog log;
  log.lines_ = TRY(sys::AppendFile::open(folder / "metrics.jsonl"));
  log.events_ = TRY(EventFile::create(folder, clock));
  return log;
}

void MetricsLog::step(const StepReport& report) {
  const int64_t every = std::max<int64_t>(1, report.steps_per_epoch / kPointsPerEpoch);
  if (!status_ || report.step % every != 0) return;
  const Json line = {
      {"step", report.step}, {"epoch", report.epoch}, {"batch_loss", report.loss}, {"lr", report.rate}};
  status_ = lines_.append(dump_json(line) + "\n");
  if (status_) status_ = events_.scalars(report.step, {{"batch_loss", report.loss}, {"lr", report.rate}});
}

void MetricsLog::epoch(const EpochReport& report) {
  if (!status_) return;
  Json line = {{"epoch", report.epoch}, {"step", report.step}};
  Metrics curves;
  for (const auto& [name, value] : report.metrics) {
    line[name] = value;
    curves.emplace_back(chart_name(name), value);
  }
  line["lr"] = report.rate;
  line["seconds"] = report.seconds;
  line["samples_per_second"] = report.samples_per_second;
  status_ = lines_.append(dump_json(line) + "\n");
  if (status_) status_ = events_.scalars(report.step, curves);
}

}  // namespace mlctl
