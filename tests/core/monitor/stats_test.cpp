#include "core/monitor/stats.h"

#include <cmath>

#include <doctest/doctest.h>

#include "core/text/json.h"

namespace mlctl::monitor {

namespace {

using Json = nlohmann::ordered_json;

Json numeric() {
  return {{"name", "a"},
          {"categorical", false},
          {"reference", {{"edges", {1.0}}, {"bins", {1, 2}}, {"missing", 0}, {"count", 3}}},
          {"bins", {1, 2}},
          {"missing", 0},
          {"below", 0},
          {"above", 0}};
}

Json categorical() {
  return {{"name", "c"},
          {"categorical", true},
          {"reference",
           {{"values", Json::array({Json::array({"x", 4}), Json::array({"y", 5})})}, {"missing", 0}}},
          {"bins", {1, 2, 3}},
          {"missing", 1}};
}

Result<Look> read(const Json& feature) {
  Look look;
  TRY(read_stats({{"model", "m"}, {"revision", "1"}, {"features", Json::array({feature})}},
                 "http://h/v2/stats", look));
  return look;
}

Json with(Json feature, const char* pointer, Json value) {
  feature[Json::json_pointer(pointer)] = std::move(value);
  return feature;
}

}  // namespace

TEST_CASE("an endpoint's statistics become bins beside their reference, the missing last") {
  const Look numbers = read(numeric()).value();
  CHECK(numbers.features[0].current == std::vector<int64_t>{1, 2, 0});
  CHECK(numbers.features[0].reference == std::vector<int64_t>{1, 2, 0});
  const Look words = read(categorical()).value();
  CHECK(words.features[0].current == std::vector<int64_t>{1, 2, 3, 1});
  CHECK(words.features[0].reference == std::vector<int64_t>{4, 5, 0, 0});
}

TEST_CASE("statistics that do not fit together are a broken answer, with the key") {
  const Json broken[] = {
      with(numeric(), "/bins", {1}),
      with(numeric(), "/bins", Json::array()),
      with(numeric(), "/bins", {-5, -7}),
      with(numeric(), "/bins", {1.5, 2}),
      with(numeric(), "/bins", {1e300, 2}),
      with(numeric(), "/bins", {uint64_t{1} << 62, 1}),
      with(numeric(), "/bins", {UINT64_MAX, 1}),
      with(numeric(), "/bins", 5),
      with(numeric(), "/missing", -1),
      with(numeric(), "/missing", "x"),
      with(numeric(), "/reference", 5),
      with(numeric(), "/reference/bins", Json(std::vector<int>(50, 1))),
      with(numeric(), "/reference/edges", Json(std::vector<double>(50, 1))),
      with(numeric(), "/reference/edges", {"1"}),
      with(numeric(), "/reference/edges", Json::array({nullptr})),
      with(with(numeric(), "/reference/edges", {2.0, 1.0}), "/bins", {1, 2, 3}),
      with(numeric(), "/name", 5),
      with(numeric(), "/categorical", true),
      with(categorical(), "/reference/values", Json::array({Json::array()})),
      with(categorical(), "/reference/values", Json::array({Json::array({"x", -4})})),
      with(categorical(), "/bins", {1}),
      with(categorical(), "/bins", {1, 2, 3, 4}),
      Json(5),
      Json::object(),
  };
  for (const Json& feature : broken) {
    CAPTURE(feature.dump());
    const Result<Look> look = read(feature);
    REQUIRE(!look);
    CHECK(look.error().code == Exit::network);
    CHECK(look.error().where == "http://h/v2/stats");
  }
}

TEST_CASE("what an endpoint says makes a report, whatever it is") {
  const Look now = read(numeric()).value();
  Look fewer = now, other = now;
  fewer.features[0].current = {5, 9, 1};  // it counted more before
  other.features[0].current.resize(1);
  for (const Look* since : std::initializer_list<const Look*>{&fewer, &other, nullptr}) {
    const Report report = compare(nullptr, now, since);
    CHECK(report.features.size() == 1);
    CHECK(report.features[0].current >= 0);
  }
  Look odd = now;
  odd.at = 1e9;
  const double inf = INFINITY;
  odd.metrics = {{"mlctl_counters_start_timestamp_seconds", {}, -inf},
                 {"process_start_time_seconds", {}, 1e308},
                 {"mlctl_inference_requests_total", {{"code", "200"}}, std::nan("")},
                 {"process_resident_memory_bytes", {}, inf}};
  const Report report = compare(nullptr, odd, nullptr);
  CHECK(std::isfinite(report.window));
  CHECK(std::isfinite(report.cpu));
  CHECK(report.requests == 0);
  CHECK(report.memory == 0);
}

}  // namespace mlctl::monitor
