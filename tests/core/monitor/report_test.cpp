#include "core/monitor/report.h"

#include <doctest/doctest.h>

namespace mlctl::monitor {

namespace {

using Counts = std::vector<int64_t>;

FeatureStats categories(std::vector<std::pair<std::string, int64_t>> values, int64_t missing) {
  FeatureStats stats;
  stats.name = "country";
  stats.categorical = true;
  stats.values = std::move(values);
  stats.missing = missing;
  return stats;
}

Look look_at(FeatureBins bins) {
  Look look;
  look.features.push_back(std::move(bins));
  return look;
}

FeatureBins countries(std::vector<std::string> values, size_t bins) {
  return {"country", false, {}, Counts(bins + 1), {}, std::move(values)};
}

}  // namespace

TEST_CASE("another reference's categories are counted in the endpoint's bins") {
  const FeatureStats reference = categories({{"fr", 7}, {"de", 5}, {"", 2}, {"jp", 1}}, 4);
  struct Case {
    const char* what;
    FeatureBins bins;
    Counts expected;  // the last: missing
  };
  const Case cases[] = {
      {"in another order", countries({"de", "fr"}, 3), {5, 7, 3, 4}},
      {"the rest where the endpoint has it", countries({"fr", "", "de"}, 3), {7, 3, 5, 4}},
      {"one that the reference never saw", countries({"de", "uk", "fr", "jp"}, 5), {5, 0, 7, 1, 2, 4}},
  };
  for (const Case& each : cases) {
    CAPTURE(each.what);
    Look look = look_at(each.bins);
    REQUIRE(use_reference(look, {reference}));
    CHECK(look.features[0].reference == each.expected);
    CHECK(look.features[0].reference.size() == look.features[0].current.size());
  }
}

TEST_CASE("a reference's numbers are spread over the endpoint's bins along its distribution") {
  FeatureStats reference;
  reference.name = "age";
  reference.count = 100;
  reference.min = 0;
  reference.max = 100;
  reference.edges = {50};
  reference.bins = {50, 50};
  reference.missing = 3;
  Look look = look_at({"age", true, {}, Counts(4), {25, 75}});
  REQUIRE(use_reference(look, {reference}));
  CHECK(look.features[0].reference == Counts{25, 50, 25, 3});
}

TEST_CASE("features that the reference lacks or has as another type are left out") {
  Look look = look_at({"country", true, {}, Counts(3), {1}});
  look.features.push_back(countries({"de"}, 2));
  look.features.push_back({"age", true, {}, Counts(3), {1}});
  REQUIRE(use_reference(look, {categories({{"de", 1}}, 0)}));
  REQUIRE(look.features.size() == 1);
  CHECK_FALSE(look.features[0].ordered);

  Look other = look_at({"age", true, {}, Counts(3), {1}});
  CHECK(use_reference(other, {categories({{"de", 1}}, 0)}).error().code == Exit::data);
}

}  // namespace mlctl::monitor
