#include "core/eval/bootstrap.h"

#include <cmath>

#include <doctest/doctest.h>

#include "core/base/random.h"

using namespace mlctl;

namespace {

// `count` examples of two classes; the models are right with the given probabilities, independently.
std::vector<PairedClasses> examples(size_t count, double model, double baseline) {
  Random random(3);
  std::vector<PairedClasses> list;
  for (size_t k = 0; k < count; ++k) {
    const auto truth = static_cast<int32_t>(random.below(2));
    list.push_back({truth, random.uniform() < model ? truth : 1 - truth,
                    random.uniform() < baseline ? truth : 1 - truth, 0, 0});
  }
  return list;
}

}  // namespace

TEST_CASE("the interval has the width that theory gives") {
  const auto pairs = examples(2000, 0.9, 0.8);
  const auto difference = compare_classes(pairs, 2, {}, {}).value().front();
  CHECK(difference.metric == "accuracy");
  // var(d) of paired correctness, normal approximation
  double mean = 0, squares = 0;
  for (const auto& one : pairs) {
    const double d = (one.model == one.truth) - (one.baseline == one.truth);
    mean += d / 2000;
    squares += d * d / 2000;
  }
  const double half = 1.96 * std::sqrt((squares - mean * mean) / 2000);
  CHECK(difference.difference() == doctest::Approx(mean));
  CHECK(difference.low == doctest::Approx(mean - half).epsilon(0.05));
  CHECK(difference.high == doctest::Approx(mean + half).epsilon(0.05));
  CHECK(difference.significant());
}

TEST_CASE("a model compared with itself differs by nothing") {
  auto pairs = examples(100, 0.9, 0.5);
  for (auto& one : pairs) one.baseline = one.model;
  const auto differences = compare_classes(pairs, 2, {}, {}).value();
  for (const Difference& difference : differences) {
    CHECK(difference.low == 0);
    CHECK(difference.high == 0);
    CHECK(!difference.significant());
  }
}

TEST_CASE("the same seed gives the same interval") {
  const auto pairs = examples(200, 0.7, 0.6);
  const auto once = compare_classes(pairs, 2, {}, {}).value(),
             again = compare_classes(pairs, 2, {}, {}).value();
  CHECK(once.front().low == again.front().low);
  CHECK(compare_classes(pairs, 2, {2, 1000}, {}).value().front().low != once.front().low);
}

TEST_CASE("errors of numbers are compared by mse, rmse and mae") {
  const std::vector<PairedErrors> pairs = {{1, 2}, {-1, -2}, {1, 2}};
  const auto differences = compare_errors(pairs, {}, {}).value();
  REQUIRE(differences.size() == 3);
  CHECK(differences[0].difference() == doctest::Approx(-3));
  CHECK(differences[1].difference() == doctest::Approx(-1));
  CHECK(differences[2].high == doctest::Approx(-1));
}

TEST_CASE("quantiles are numpy's") {
  const std::vector<double> values = {1, 2, 4, 8};
  CHECK(quantile(values, 0) == 1);
  CHECK(quantile(values, 1) == 8);
  CHECK(quantile(values, 0.5) == 3);
  CHECK(quantile(values, 0.025) == doctest::Approx(1.075));
}
