// What an endpoint answers to `monitor`: metrics and statistics of two moments.

#include "core/monitor/report.h"
#include "fuzz/fuzz.h"

using namespace mlctl;

namespace {

// Answers /metrics with what stands before the first NUL, the statistics with what stands after it.
class Endpoint : public Http {
 public:
  std::string metrics, stats;
  Result<HttpResponse> send(const Call& call) override {
    return HttpResponse{.content_type = "", .body = call.url.ends_with("/metrics") ? metrics : stats};
  }
};

constexpr const char* kStats =
    R"({"model":"m","revision":"1","features":[{"name":"a","categorical":false,"bins":[1,2],"missing":0,)"
    R"("below":0,"above":0,"reference":{"edges":[1.5],"bins":[3,4],"missing":0,"count":7,"min":0,"max":3,"mean":1,"stddev":1}}]})";

}  // namespace

FUZZ(input) {
  Endpoint endpoint;
  const size_t end = std::min(input.find('\0'), input.size());
  endpoint.metrics = input.substr(0, end);
  endpoint.stats = end == input.size() ? std::string(kStats) : std::string(input.substr(end + 1));
  auto now = monitor::look_at(endpoint, "http://x", "", 1000);
  if (!now) return;
  (void)to_json(monitor::compare(nullptr, *now, nullptr))
      .dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  endpoint.metrics = "# TYPE a counter\na 1\n";
  endpoint.stats = kStats;
  const auto before = monitor::look_at(endpoint, "http://x", "", 900);
  if (before) (void)monitor::compare(&*before, *now, &*before);
  FeatureStats reference;
  reference.name = "a";
  reference.edges = {1};
  reference.bins = {1, 1};
  (void)monitor::use_reference(*now, {reference});
}
