#include "core/monitor/report.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/monitor/stats.h"
#include "core/sys/clock.h"
#include "core/text/json.h"

namespace mlctl::monitor {

namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kRequests = "mlctl_inference_requests_total";
constexpr const char* kDuration = "mlctl_inference_request_duration_seconds";
constexpr const char* kQueue = "mlctl_inference_queue_duration_seconds";
constexpr double kCallSeconds = 10, kLongestWindow = 1e11;

// An endpoint may say anything: what is no number counts as nothing.
double or_zero(double value) {
  return std::isfinite(value) ? value : 0;
}

Result<std::string> fetch(Http& http, const std::string& url, const std::string& token) {
  HttpHeaders headers;
  if (!token.empty()) headers.emplace_back("authorization", "Bearer " + token);
  const HttpResponse response = TRY(http.send({.url = url, .headers = headers, .timeout = kCallSeconds}));
  if (response.status == 200) return response.body;
  const bool denied = response.status == 401 || response.status == 403;
  return fail(denied ? Exit::auth : Exit::network,
              fmt::format("{} answered {} {}", url, response.status, http_reason(response.status)),
              denied ? "give the endpoint's token with --token-file" : "");
}

// The share of a numeric reference below x: linear between its edges, its minimum and its maximum.
double share_below(const FeatureStats& stats, double x) {
  std::vector<double> points = {stats.min};
  points.insert(points.end(), stats.edges.begin(), stats.edges.end());
  points.push_back(stats.max);
  double total = 0, below = 0;
  for (size_t bin = 0; bin < stats.bins.size() && bin + 1 < points.size(); ++bin) {
    const auto count = static_cast<double>(stats.bins[bin]);
    total += count;
    const double width = points[bin + 1] - points[bin];
    below +=
        count * (width <= 0 ? (x > points[bin] ? 1 : 0) : std::clamp((x - points[bin]) / width, 0.0, 1.0));
  }
  return total == 0 ? 0 : below / total;
}

std::vector<int64_t> rebin(const FeatureStats& stats, const std::vector<double>& edges) {
  std::vector<int64_t> bins;
  double before = 0;
  for (size_t at = 0; at <= edges.size(); ++at) {
    const double here = at < edges.size() ? share_below(stats, edges[at]) : 1;
    bins.push_back(std::llround((here - before) * static_cast<double>(stats.count)));
    before = here;
  }
  return bins;
}

std::vector<int64_t> recount(const FeatureStats& stats, const FeatureBins& bins) {
  std::vector<int64_t> counts(bins.values.size() + 1);
  const auto place_of = [&](const std::string& value) {
    return static_cast<size_t>(std::find(bins.values.begin(), bins.values.end(), value) -
                               bins.values.begin());
  };
  for (const auto& [value, count] : stats.values) {
    const size_t place = place_of(value);
    counts[place < bins.values.size() ? place : place_of("")] += count;
  }
  return counts;
}

using Counts = std::map<std::map<std::string, std::string>, double>;

// The counts of each series of a name, by its labels.
Counts series_of(const Look* look, const std::string& name) {
  Counts counts;
  if (look == nullptr) return counts;
  for (const MetricSample& sample : look->metrics)
    if (sample.name == name) counts[sample.labels] = or_zero(sample.value);
  return counts;
}

double difference(const Look* before, const Look& now, const std::string& name) {
  const double later = or_zero(sum_of(now.metrics, name));
  const double earlier = before == nullptr ? 0 : or_zero(sum_of(before->metrics, name));
  return later >= earlier ? later - earlier : later;  // counters that began anew
}

// Subtracts the counts of `then`, when both have the same bins. A count that fell comes from a broken
// endpoint and is taken as 0.
void subtract(std::vector<FeatureBins>& features, const std::vector<FeatureBins>& then) {
  const auto alike = [](const FeatureBins& a, const FeatureBins& b) {
    return a.feature == b.feature && a.current.size() == b.current.size();
  };
  if (!std::equal(features.begin(), features.end(), then.begin(), then.end(), alike)) return;
  for (size_t at = 0; at < features.size(); ++at)
    for (size_t bin = 0; bin < features[at].current.size(); ++bin)
      features[at].current[bin] = std::max<int64_t>(0, features[at].current[bin] - then[at].current[bin]);
}

Json number(double value) {
  return std::isnan(value) ? Json() : Json(std::round(value * 1e6) / 1e6);
}

}  // namespace

Result<Look> look_at(Http& http, const std::string& url, const std::string& token, double now) {
  Look look;
  look.at = now;
  const std::string metrics = TRY(fetch(http, url + "/metrics", token));
  Result<std::vector<MetricSample>> samples = parse_metrics(metrics, url + "/metrics");
  if (!samples) return fail(Exit::network, samples.error().message, {}, samples.error().where);
  look.metrics = std::move(*samples);
  const std::string text = TRY(fetch(http, url + "/v2/stats", token));
  const Json document = TRY(parse_json(text, url + "/v2/stats", Exit::network));
  TRY(read_stats(document, url + "/v2/stats", look));
  return look;
}

Result<> use_reference(Look& look, const std::vector<FeatureStats>& statistics) {
  std::vector<FeatureBins> kept;
  for (FeatureBins& bins : look.features) {
    const auto stats = std::find_if(statistics.begin(), statistics.end(), [&](const FeatureStats& each) {
      return each.name == bins.feature && each.categorical != bins.ordered;
    });
    if (stats == statistics.end()) continue;
    bins.reference = bins.ordered ? rebin(*stats, bins.edges) : recount(*stats, bins);
    bins.reference.resize(bins.current.size() - 1);  // without the missing
    bins.reference.push_back(stats->missing);
    kept.push_back(std::move(bins));
  }
  if (kept.empty())
    return fail(Exit::data, "the reference has no feature in common with the endpoint's inputs");
  look.features = std::move(kept);
  return {};
}

Report compare(const Look* before, const Look& now, const Look* drift_since) {
  Report report;
  report.at = now.at;
  report.model = now.model;
  report.revision = now.revision;
  report.ready = sum_of(now.metrics, "mlctl_model_ready") >= 1;
  const double began = sum_of(now.metrics, "mlctl_counters_start_timestamp_seconds");
  const double since = before != nullptr ? before->at : std::isfinite(began) ? began : now.at;
  report.window = std::clamp(now.at - since, 1e-3, kLongestWindow);
  report.requests = difference(before, now, kRequests);
  const Counts earlier = series_of(before, kRequests);
  for (const auto& [labels, later] : series_of(&now, kRequests)) {
    const std::string code = labels.contains("code") ? labels.at("code") : "";
    const auto then = earlier.find(labels);
    const double gone = then == earlier.end() ? 0 : then->second;
    const double count = later >= gone ? later - gone : later;
    if (code.starts_with('5') || code == "429") report.errors += count;
    if (code.starts_with('4') && code != "429") report.client_errors += count;
  }
  report.rate = report.requests / report.window;
  report.error_rate = report.requests > 0 ? report.errors / report.requests : 0;
  Histogram latency = histogram_of(now.metrics, kDuration), queue = histogram_of(now.metrics, kQueue);
  if (before != nullptr) {
    latency = latency - histogram_of(before->metrics, kDuration);
    queue = queue - histogram_of(before->metrics, kQueue);
  }
  report.p50 = quantile(latency, 0.5);
  report.p90 = quantile(latency, 0.9);
  report.p95 = quantile(latency, 0.95);
  report.p99 = quantile(latency, 0.99);
  report.queue_p99 = quantile(queue, 0.99);
  const double answered = latency.counts.empty() ? 0 : latency.counts.back();
  report.mean = answered > 0 ? latency.sum / answered : std::nan("");
  report.in_flight = or_zero(sum_of(now.metrics, "mlctl_inference_in_flight"));
  report.memory = or_zero(sum_of(now.metrics, "process_resident_memory_bytes"));
  const double process_began = or_zero(sum_of(now.metrics, "process_start_time_seconds"));
  const double process_age = std::max(1.0, now.at - process_began);
  report.cpu = difference(before, now, "process_cpu_seconds_total") /
               (before == nullptr ? process_age : report.window);
  std::vector<FeatureBins> features = now.features;
  if (drift_since != nullptr && drift_since->revision == now.revision)
    subtract(features, drift_since->features);
  report.features = judge(features);
  report.drift = worst(report.features);
  return report;
}

std::map<std::string, double> rule_metrics(const Report& report) {
  double drift = std::nan("");
  for (const FeatureDrift& feature : report.features) {
    if (feature.verdict == Verdict::insufficient) continue;
    drift = std::isnan(drift) ? feature.psi : std::max(drift, feature.psi);
  }
  return {{"requests", report.requests},
          {"request_rate", report.rate},
          {"errors", report.errors},
          {"error_rate", report.requests > 0 ? report.error_rate : std::nan("")},
          {"client_errors", report.client_errors},
          {"latency_mean", report.mean},
          {"latency_p50", report.p50},
          {"latency_p90", report.p90},
          {"latency_p95", report.p95},
          {"latency_p99", report.p99},
          {"queue_p99", report.queue_p99},
          {"in_flight", report.in_flight},
          {"cpu", report.cpu},
          {"memory", report.memory},
          {"ready", report.ready ? 1 : 0},
          {"drift", drift}};
}

std::vector<std::string> rule_metric_names() {
  std::vector<std::string> names;
  for (const auto& [name, value] : rule_metrics({})) names.push_back(name);
  return names;
}

Json to_json(const Report& report) {
  Json features = Json::array();
  for (const FeatureDrift& drift : report.features) {
    Json item = {{"feature", drift.feature}, {"verdict", name(drift.verdict)}};
    if (drift.verdict != Verdict::insufficient) {
      item.update(
          {{"psi", number(drift.psi)}, {"js", number(drift.js)}, {"ks", number(drift.ks)}, {"p", drift.p}});
    }
    item["samples"] = drift.current;
    item["reference"] = drift.reference;
    item["bins"] = drift.bins;
    features.push_back(std::move(item));
  }
  return {{"apiVersion", "mlctl.dev/v1"},
          {"kind", "MonitorReport"},
          {"time", sys::rfc3339(static_cast<int64_t>(report.at * 1e3))},
          {"endpoint", report.endpoint},
          {"url", report.url},
          {"up", true},
          {"ready", report.ready},
          {"model", report.model},
          {"revision", report.revision},
          {"window", number(report.window)},
          {"requests", report.requests},
          {"rate", number(report.rate)},
          {"errors", report.errors},
          {"errorRate", number(report.error_rate)},
          {"clientErrors", report.client_errors},
          {"latency",
           {{"mean", number(report.mean)},
            {"p50", number(report.p50)},
            {"p90", number(report.p90)},
            {"p95", number(report.p95)},
            {"p99", number(report.p99)},
            {"queueP99", number(report.queue_p99)}}},
          {"inFlight", report.in_flight},
          {"cpu", number(report.cpu)},
          {"memory", report.memory},
          {"drift",
           {{"verdict", name(report.drift)},
            {"thresholds",
             {{"psiWarn", kPsiWarn}, {"psiDrift", kPsiDrift}, {"jsWarn", kJsWarn}, {"p", kSignificance}}},
            {"minimumSamples", kMinimumSamples},
            {"features", std::move(features)}}}};
}

}  // namespace mlctl::monitor
