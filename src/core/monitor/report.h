#pragma once
// Two looks at an endpoint make a report: what happened between them.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/data/dataset.h"
#include "core/monitor/drift.h"
#include "core/monitor/prometheus.h"
#include "core/net/http.h"

namespace mlctl::monitor {

// What /metrics and the statistics said at one moment.
struct Look {
  double at = 0;  // Unix seconds
  std::vector<MetricSample> metrics;
  std::string model, revision;
  std::vector<FeatureBins> features;  // current: since the revision began
};

struct Report {
  double at = 0, window = 0;  // Unix seconds; seconds that the numbers are about
  std::string endpoint, url, model, revision;
  bool ready = false;
  double requests = 0, rate = 0, errors = 0, error_rate = 0, client_errors = 0;
  double p50 = 0, p90 = 0, p95 = 0, p99 = 0, mean = 0, queue_p99 = 0;  // seconds; NaN without requests
  double in_flight = 0, cpu = 0, memory = 0;                           // cpu: cores in use
  std::vector<FeatureDrift> features;
  Verdict drift = Verdict::insufficient;
};

// Asks URL/metrics and the statistics. Unreachable → 9.
Result<Look> look_at(Http& http, const std::string& url, const std::string& token, double now);

// `before` null: since the counters began. `drift_since`: the counts that the drift window starts at, or
// null.
Report compare(const Look* before, const Look& now, const Look* drift_since);

// Replaces the model's own training statistics as the reference. Features that the new reference lacks, or
// has as another type, are dropped; none left → 7. Numeric counts are carried over to the endpoint's bins
// along the reference's cumulative distribution; categories that the endpoint does not list count as its
// "others".
Result<> use_reference(Look& look, const std::vector<FeatureStats>& statistics);

// What rules may speak of, with its values: error_rate, latency_p99, drift, …
std::map<std::string, double> rule_metrics(const Report& report);
std::vector<std::string> rule_metric_names();

nlohmann::ordered_json to_json(const Report& report);

}  // namespace mlctl::monitor
