#include "core/endpoint/deploy_spec.h"

#include <doctest/doctest.h>

using namespace mlctl;
using Json = nlohmann::ordered_json;

TEST_CASE("a Deploy spec says what it says, and nothing of the rest") {
  const auto least = serve::deploy_spec_from_json({{"model", "m"}}, "deploy.yaml");
  REQUIRE(least.has_value());
  CHECK(least->model == "m");
  CHECK_FALSE(least->host.has_value());
  CHECK_FALSE(least->port.has_value());
  CHECK_FALSE(least->force);
  const auto most = serve::deploy_spec_from_json({{"model", "m"},
                                                  {"host", "0.0.0.0"},
                                                  {"port", 8081},
                                                  {"replicas", 3},
                                                  {"maxBatch", 8},
                                                  {"maxQueue", 9},
                                                  {"tokenFile", "t"},
                                                  {"tlsCert", "c"},
                                                  {"tlsKey", "k"},
                                                  {"force", true}},
                                                 "deploy.yaml");
  REQUIRE(most.has_value());
  CHECK(most->host == "0.0.0.0");
  CHECK(most->port == 8081);
  CHECK(most->replicas == 3);
  CHECK(most->max_batch == 8);
  CHECK(most->max_queue == 9);
  CHECK(most->token_file == "t");
  CHECK(most->tls_certificate == "c");
  CHECK(most->tls_key == "k");
  CHECK(most->force);
}

TEST_CASE("what no schema would accept is named with its file") {
  for (const Json& spec : {Json{{"model", 1}}, Json{{"host", "h"}}, Json{{"model", "m"}, {"port", "x"}}}) {
    CAPTURE(spec.dump());
    const auto read = serve::deploy_spec_from_json(spec, "deploy.yaml");
    REQUIRE_FALSE(read.has_value());
    CHECK(read.error().code == Exit::manifest);
    CHECK(read.error().where == "deploy.yaml");
  }
}
