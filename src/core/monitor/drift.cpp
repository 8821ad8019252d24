#include "core/monitor/drift.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace mlctl::monitor {

namespace {

double total(std::span<const int64_t> counts) {
  return static_cast<double>(std::accumulate(counts.begin(), counts.end(), int64_t{0}));
}

// The upper regularised incomplete gamma function Q(a, x): by its series below a + 1, else by Lentz'
// continued fraction (Numerical Recipes §6.2).
double gamma_q(double a, double x) {
  if (x <= 0) return 1;
  const double scale = std::exp(-x + a * std::log(x) - std::lgamma(a));
  if (x < a + 1) {
    double term = 1 / a, sum = term;
    for (double n = a + 1; std::abs(term) > std::abs(sum) * 1e-16; ++n) sum += term *= x / n;
    return 1 - sum * scale;
  }
  constexpr double kTiny = 1e-300;
  double b = x + 1 - a, c = 1 / kTiny, d = 1 / b, h = d;
  for (int i = 1; i < 10000; ++i) {
    const double an = -i * (i - a);
    b += 2;
    d = an * d + b;
    d = 1 / (std::abs(d) < kTiny ? kTiny : d);
    c = b + an / c;
    if (std::abs(c) < kTiny) c = kTiny;
    const double delta = d * c;
    h *= delta;
    if (std::abs(delta - 1) < 1e-16) break;
  }
  return scale * h;
}

double divergence(double share, double middle) {
  return share > 0 ? share * std::log2(share / middle) : 0;
}

}  // namespace

double psi(std::span<const int64_t> reference, std::span<const int64_t> current) {
  constexpr double kNothing = 1e-4;
  const double all_reference = total(reference), all_current = total(current);
  double sum = 0;
  for (size_t at = 0; at < reference.size(); ++at) {
    if (reference[at] == 0 && current[at] == 0) continue;
    const double p = std::max(kNothing, static_cast<double>(reference[at]) / all_reference);
    const double q = std::max(kNothing, static_cast<double>(current[at]) / all_current);
    sum += (q - p) * std::log(q / p);
  }
  return sum;
}

double jensen_shannon(std::span<const int64_t> reference, std::span<const int64_t> current) {
  const double all_reference = total(reference), all_current = total(current);
  double sum = 0;
  for (size_t at = 0; at < reference.size(); ++at) {
    const double p = static_cast<double>(reference[at]) / all_reference;
    const double q = static_cast<double>(current[at]) / all_current;
    sum += divergence(p, (p + q) / 2) + divergence(q, (p + q) / 2);
  }
  return std::sqrt(std::max(0.0, sum / 2));
}

double kolmogorov_smirnov(std::span<const int64_t> reference, std::span<const int64_t> current) {
  const double all_reference = total(reference), all_current = total(current);
  double p = 0, q = 0, largest = 0;
  for (size_t at = 0; at < reference.size(); ++at) {
    p += static_cast<double>(reference[at]) / all_reference;
    q += static_cast<double>(current[at]) / all_current;
    largest = std::max(largest, std::abs(p - q));
  }
  return largest;
}

double chi_squared_p(std::span<const int64_t> reference, std::span<const int64_t> current) {
  const double rows[] = {total(reference), total(current)};
  const double all = rows[0] + rows[1];
  double statistic = 0;
  int bins = 0;
  for (size_t at = 0; at < reference.size(); ++at) {
    const double seen[] = {static_cast<double>(reference[at]), static_cast<double>(current[at])};
    const double column = seen[0] + seen[1];
    if (column == 0) continue;
    ++bins;
    for (int side = 0; side < 2; ++side) {
      const double expected = rows[side] * column / all;
      statistic += (seen[side] - expected) * (seen[side] - expected) / expected;
    }
  }
  return bins < 2 ? 1 : gamma_q((bins - 1) / 2.0, statistic / 2);
}

const char* name(Verdict verdict) {
  constexpr const char* kNames[] = {"ok", "warn", "drift", "insufficient"};
  return kNames[static_cast<int>(verdict)];
}

std::vector<FeatureDrift> judge(const std::vector<FeatureBins>& features) {
  std::vector<FeatureDrift> all;
  for (const FeatureBins& bins : features) {
    FeatureDrift drift;
    drift.feature = bins.feature;
    drift.reference = static_cast<int64_t>(total(bins.reference));
    drift.current = static_cast<int64_t>(total(bins.current));
    drift.bins = bins.reference.size();
    if (std::min(drift.reference, drift.current) < kMinimumSamples) {
      drift.verdict = Verdict::insufficient;
    } else {
      drift.psi = psi(bins.reference, bins.current);
      drift.js = jensen_shannon(bins.reference, bins.current);
      if (bins.ordered) drift.ks = kolmogorov_smirnov(bins.reference, bins.current);
      drift.p = chi_squared_p(bins.reference, bins.current);
    }
    all.push_back(std::move(drift));
  }
  const auto judged = std::count_if(all.begin(), all.end(), [](const FeatureDrift& drift) {
    return drift.verdict != Verdict::insufficient;
  });
  for (FeatureDrift& drift : all) {
    const bool significant = drift.p * static_cast<double>(judged) < kSignificance;
    if (drift.verdict == Verdict::insufficient || !significant) continue;
    if (drift.psi >= kPsiDrift) {
      drift.verdict = Verdict::drift;
    } else if (drift.psi >= kPsiWarn || drift.js >= kJsWarn) {
      drift.verdict = Verdict::warn;
    }
  }
  return all;
}

Verdict worst(const std::vector<FeatureDrift>& features) {
  Verdict verdict = Verdict::insufficient;
  for (const FeatureDrift& drift : features) {
    if (drift.verdict == Verdict::insufficient) continue;
    if (verdict == Verdict::insufficient || drift.verdict > verdict) verdict = drift.verdict;
  }
  return verdict;
}

}  // namespace mlctl::monitor
