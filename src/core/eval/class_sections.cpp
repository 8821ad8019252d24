#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/eval/example_views.h"
#include "core/eval/report.h"
#include "core/report/charts.h"

namespace mlctl::report {

namespace {

constexpr size_t kHeatmapClasses = 60;
constexpr size_t kCurves = 5;
constexpr size_t kCurvePoints = 400;

std::string count(int64_t number) {
  return human_count(static_cast<uint64_t>(number));
}

std::string heatmap_of(const Findings& findings) {
  const Confusion& confusion = findings.classes->confusion();
  if (confusion.classes() > kHeatmapClasses) return {};
  Heatmap map{"Confusion matrix", "truth", "predicted", findings.labels, {}};
  for (size_t t = 0; t < confusion.classes(); ++t) {
    std::vector<double>& row = map.values.emplace_back();
    for (size_t p = 0; p < confusion.classes(); ++p) row.push_back(static_cast<double>(confusion.at(t, p)));
  }
  return heatmap(map);
}

std::string most_confused(const Findings& findings) {
  const Confusion& confusion = findings.classes->confusion();
  const ClassTallies tallies(confusion);
  std::vector<std::tuple<int64_t, size_t, size_t>> pairs;
  for (size_t t = 0; t < confusion.classes(); ++t) {
    for (size_t p = 0; p < confusion.classes(); ++p) {
      if (t != p && confusion.at(t, p) > 0) pairs.emplace_back(-confusion.at(t, p), t, p);
    }
  }
  std::sort(pairs.begin(), pairs.end());
  pairs.resize(std::min<size_t>(pairs.size(), 10));
  if (pairs.empty()) return paragraph("Nothing was confused.");
  Grid grid{{"truth", "said", "times", "of the truth"}, {}, 2};
  for (const auto& [negative, t, p] : pairs) {
    const double share = static_cast<double>(-negative) / static_cast<double>(tallies.truth[t]);
    grid.rows.push_back({findings.labels[t],
                         findings.labels[p],
                         count(-negative),
                         {fmt::format("{:.1f} %", 100 * share), share}});
  }
  return table(grid);
}

std::string class_table(const Findings& findings) {
  Grid grid{{"class", "precision", "recall", "f1", "examples"}, {}, 1};
  const std::vector<ClassScores> scores = per_class(ClassTallies(findings.classes->confusion()));
  for (size_t c = 0; c < scores.size(); ++c) {
    const auto cell = [](double value) { return Cell(fmt::format("{:.4f}", value), value); };
    grid.rows.push_back({findings.labels[c], cell(scores[c].precision), cell(scores[c].recall),
                         cell(scores[c].f1), count(scores[c].support)});
  }
  return table(grid);
}

// Every n-th point, first and last kept: a screen has fewer pixels than a curve may have points.
Points thinned(const Curve& curve) {
  const size_t stride = std::max<size_t>(1, curve.size() / kCurvePoints);
  Points points;
  for (size_t k = 0; k < curve.size(); k += stride) points.push_back(curve[k]);
  if (!curve.empty() && points.back() != curve.back()) points.push_back(curve.back());
  return points;
}

// Cuts the curve where everything is found: from there on precision only falls, in a vertical line that
// nobody needs to see.
Curve from_full_recall(Curve curve) {
  const auto full = std::find_if(curve.begin(), curve.end(), [](const auto& at) { return at.first < 1; });
  if (full - curve.begin() > 1) curve.erase(curve.begin(), full - 1);
  return curve;
}

// Two classes: the second one. More: those that are told apart worst.
std::vector<std::pair<double, size_t>> classes_to_draw(const Findings& findings) {
  std::vector<std::pair<double, size_t>> order;
  const size_t first = findings.labels.size() == 2 ? 1 : 0;
  for (size_t c = first; c < findings.labels.size(); ++c) {
    const double auc = area_under_roc(findings.classes->scores_of(c));
    if (!std::isnan(auc)) order.emplace_back(auc, c);
  }
  std::sort(order.begin(), order.end());
  order.resize(std::min(order.size(), kCurves));
  return order;
}

std::string curves(const Findings& findings) {
  std::vector<Series> roc, precision;
  for (const auto& [auc, c] : classes_to_draw(findings)) {
    const std::vector<Scored> scores = findings.classes->scores_of(c);
    roc.push_back({fmt::format("{} (AUC {:.3f})", findings.labels[c], auc), thinned(roc_curve(scores))});
    precision.push_back({fmt::format("{} (AP {:.3f})", findings.labels[c], average_precision(scores)),
                         thinned(from_full_recall(precision_recall_curve(scores)))});
  }
  if (roc.empty()) return {};
  roc.push_back({"chance", {{0, 0}, {1, 1}}, true});
  const std::pair<double, double> unit = {0, 1};
  return columns({line_chart({"ROC", "false positive rate", "true positive rate", unit, unit}, roc),
                  line_chart({"Precision and recall", "recall", "precision", unit, unit}, precision)});
}

std::string reliability(const Findings& findings) {
  Points points;
  std::vector<double> edges = {0}, counts;
  for (const Calibration::Bin& bin : findings.classes->calibration().bins()) {
    edges.push_back(static_cast<double>(edges.size()) / static_cast<double>(Calibration::kBins));
    counts.push_back(static_cast<double>(bin.count));
    if (bin.count == 0) continue;
    const auto size = static_cast<double>(bin.count);
    points.emplace_back(bin.confidence / size, static_cast<double>(bin.right) / size);
  }
  const std::pair<double, double> unit = {0, 1};
  return columns(
      {line_chart({"Reliability", "confidence", "accuracy", unit, unit},
                  {{"model", points}, {"ideal", {{0, 0}, {1, 1}}, true}}),
       histogram({"How sure it was", "confidence", "examples", unit}, edges, {{"examples", counts}})});
}

std::string mistakes(const EvalReport& report) {
  const Findings& findings = *report.findings;
  if (report.dataset->kind != DatasetKind::image) {
    return mistakes_table(report, [&](const Mistake& mistake) {
      return std::vector<Cell>{findings.labels[static_cast<size_t>(mistake.truth)],
                               {findings.labels[static_cast<size_t>(mistake.said)], Tone::bad},
                               fmt::format("{:.3f}", mistake.confidence)};
    });
  }
  std::vector<Picture> pictures;
  for (size_t k = 0; k < report.examples.size() && k < findings.worst.size(); ++k) {
    const Mistake& mistake = findings.worst[k];
    const Example& example = report.examples[k];
    Picture picture = thumbnail(example.picture);
    picture.caption = fmt::format("said {}, is {}", findings.labels[static_cast<size_t>(mistake.said)],
                                  findings.labels[static_cast<size_t>(mistake.truth)]);
    picture.note = fmt::format("{:.1f} % sure · {}", 100 * mistake.confidence,
                               example.source.empty() ? example.key : example.source);
    picture.tone = Tone::bad;
    pictures.push_back(std::move(picture));
  }
  return gallery(pictures);
}

}  // namespace

void add_class_sections(Page& page, const EvalReport& report) {
  const Findings& findings = *report.findings;
  page.section("Confusion",
               "Rows are the truth, columns what the model said; shaded by the share of the row.",
               columns({heatmap_of(findings), most_confused(findings)}));
  page.section("Classes", "", class_table(findings));
  const std::string drawn = curves(findings);
  if (!drawn.empty()) {
    page.section("Curves",
                 findings.labels.size() == 2
                     ? "\"" + findings.labels[1] + "\" against \"" + findings.labels[0] + "\"."
                     : "Each class against the rest, those that are told apart worst; "
                       "from a sample where there are many examples.",
                 drawn);
  }
  page.section("Calibration",
               fmt::format("Expected calibration error {:.4f}: how far confidence and accuracy are apart.",
                           findings.classes->calibration().expected_error()),
               reliability(findings));
  if (!findings.worst.empty())
    page.section("Worst mistakes", "The wrong answers that the model was surest of.", mistakes(report));
}

}  // namespace mlctl::report
