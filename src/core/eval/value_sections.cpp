#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "core/eval/example_views.h"
#include "core/eval/report.h"
#include "core/report/charts.h"

namespace mlctl::report {

namespace {

constexpr size_t kBins = 24;

std::string scatter(const ValueTally& values) {
  double low = HUGE_VAL, high = -HUGE_VAL;
  for (const auto& [truth, said] : values.sample()) {
    low = std::min({low, truth, said});
    high = std::max({high, truth, said});
  }
  return scatter_chart({"Predicted against true", "truth", "predicted"}, {{"examples", values.sample()}},
                       {{"ideal", {{low, low}, {high, high}}, true}});
}

std::string residuals(const ValueTally& values) {
  Points points;
  double low = HUGE_VAL, high = -HUGE_VAL;
  for (const auto& [truth, said] : values.sample()) {
    points.emplace_back(said, truth - said);
    low = std::min(low, said);
    high = std::max(high, said);
  }
  return scatter_chart({"Residuals", "predicted", "truth - predicted"}, {{"examples", points}},
                       {{"zero", {{low, 0}, {high, 0}}, true}});
}

std::string residual_histogram(const ValueTally& values) {
  double most = 0;
  for (const auto& [truth, said] : values.sample()) most = std::max(most, std::fabs(truth - said));
  if (most == 0) most = 1;
  std::vector<double> edges, counts(kBins);
  for (size_t k = 0; k <= kBins; ++k)
    edges.push_back(most * (2 * static_cast<double>(k) / static_cast<double>(kBins) - 1));
  for (const auto& [truth, said] : values.sample()) {
    const double at = ((truth - said) / most + 1) / 2 * static_cast<double>(kBins);
    counts[std::min(static_cast<size_t>(at), kBins - 1)] += 1;
  }
  return histogram({"How residuals are spread", "truth - predicted", "examples"}, edges,
                   {{"examples", counts}});
}

std::string ranking_text(const RankingScores& ranking) {
  return fmt::format(
      "For {} users with items that they liked (rated at or above the mean of training), "
      "all items but those they had rated elsewhere were ranked by predicted rating. "
      "hit rate@10 is the share of users with a liked item among the first ten; "
      "ndcg@10 rewards those that come first.",
      ranking.users);
}

}  // namespace

void add_value_sections(Page& page, const EvalReport& report) {
  const Findings& findings = *report.findings;
  page.section("Predictions", "A sample of at most 2000 examples.",
               columns({scatter(*findings.values), residuals(*findings.values),
                        residual_histogram(*findings.values)}));
  if (findings.ranking && findings.ranking->users > 0)
    page.section("Ranking", "", paragraph(ranking_text(*findings.ranking)));
  page.section("Worst mistakes", "The predictions farthest from the truth.",
               mistakes_table(report, [](const Mistake& mistake) {
                 return std::vector<Cell>{fmt::format("{:.6g}", mistake.truth),
                                          {fmt::format("{:.6g}", mistake.said), Tone::bad},
                                          fmt::format("{:+.4g}", mistake.said - mistake.truth)};
               }));
}

}  // namespace mlctl::report
