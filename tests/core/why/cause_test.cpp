#include "core/why/cause.h"

#include <doctest/doctest.h>

#include "core/endpoint/endpoint_log.h"

using namespace mlctl;

TEST_CASE("why an endpoint is degraded is told by its log's newest warning or error") {
  serve::Endpoint endpoint;
  endpoint.spec.name = "risk";
  endpoint.spec.replicas = 2;
  endpoint.state = "degraded";
  endpoint.ready = 1;
  const auto line = [](const char* level, const char* message) { return serve::worker_line(level, message); };
  struct {
    std::vector<std::string> log;
    const char* cause;
  } const cases[] = {
      {{}, "1 of 2 workers are ready"},
      {{line("info", "it says \"error\" and \"warn\"")}, "1 of 2 workers are ready"},
      {{line("error", "old"), line("warn", "out of descriptors"), line("info", "x")}, "out of descriptors"},
      {{line("warn", "old"), line("error", "out of memory"), "free text"}, "out of memory"},
  };
  for (const auto& each : cases) {
    CAPTURE(each.cause);
    const Cause cause = cause_of(endpoint, each.log);
    CHECK_FALSE(cause.healthy);
    CHECK(cause.cause == each.cause);
  }
}
