#include "core/monitor/drift.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/base/random.h"

using namespace mlctl;
using namespace mlctl::monitor;

namespace {

using Counts = std::vector<int64_t>;

// Counts over the deciles of the standard normal distribution.
Counts sample(uint64_t seed, double shift, int n) {
  constexpr double kEdges[] = {-1.2815516, -0.8416212, -0.5244005, -0.2533471, 0,
                               0.2533471,  0.5244005,  0.8416212,  1.2815516};
  Counts counts(11);  // the last: missing
  Random random(seed);
  for (int at = 0; at < n; ++at) {
    const double value = random.normal() + shift;
    ++counts[static_cast<size_t>(std::upper_bound(std::begin(kEdges), std::end(kEdges), value) - kEdges)];
  }
  return counts;
}

}  // namespace

TEST_CASE("distances equal the ones computed with NumPy and SciPy") {
  struct Case {
    Counts reference, current;
    double psi, js, ks;
  };
  const Counts even(10, 100);
  const std::vector<Case> cases = {
      {even, even, 0, 0, 0},
      {even, {50, 60, 70, 80, 90, 100, 110, 130, 150, 160}, 0.12860461137188167, 0.15147026540723388, 0.15},
      {{600, 400}, {300, 700}, 0.37582889054861035, 0.25817379252187395, 0.3},
      {{500, 500, 0}, {400, 500, 100}, 0.7123991075017365, 0.2324129365435583, 0.1},
  };
  for (const Case& expected : cases) {
    CHECK(psi(expected.reference, expected.current) == doctest::Approx(expected.psi).epsilon(1e-9));
    CHECK(jensen_shannon(expected.reference, expected.current) == doctest::Approx(expected.js).epsilon(1e-9));
    CHECK(kolmogorov_smirnov(expected.reference, expected.current) ==
          doctest::Approx(expected.ks).epsilon(1e-9));
  }
  // scipy.stats.chi2_contingency
  CHECK(std::abs(chi_squared_p(even, cases[1].current) / 3.6160818828820376e-10 - 1) < 1e-9);
  CHECK(chi_squared_p(even, even) == 1);
}

TEST_CASE("too few samples give no verdict") {
  const auto drift = judge({{"x", true, sample(1, 0, 10000), sample(2, 3, 499)}});
  CHECK(drift[0].verdict == Verdict::insufficient);
  CHECK(worst(drift) == Verdict::insufficient);
}

TEST_CASE("without drift hardly any of many features alerts") {
  int alerts = 0;
  for (uint64_t window = 0; window < 40; ++window) {
    std::vector<FeatureBins> features;
    for (uint64_t feature = 0; feature < 50; ++feature) {
      const uint64_t seed = window * 100 + feature;
      features.push_back({"f", true, sample(seed, 0, 1000), sample(seed + 1000000, 0, 1000)});
    }
    alerts += worst(judge(features)) == Verdict::ok ? 0 : 1;
  }
  CHECK(alerts == 0);
}

TEST_CASE("a shift of half a standard deviation is seen, a large one is drift") {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    const auto half = judge({{"x", true, sample(seed, 0, 1000), sample(seed + 99, 0.5, 1000)}});
    CHECK(half[0].verdict != Verdict::ok);
    const auto large = judge({{"x", true, sample(seed, 0, 1000), sample(seed + 99, 1, 1000)}});
    CHECK(large[0].verdict == Verdict::drift);
  }
}
