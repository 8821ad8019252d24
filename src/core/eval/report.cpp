#include "core/eval/report.h"

#include <cmath>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/report/charts.h"

namespace mlctl {

namespace {

using report::Grid;
using report::Page;
using report::Tone;

std::string spelled(std::string metric) {
  for (char& c : metric) c = c == '_' ? ' ' : c;
  return metric;
}

std::string figure(const nlohmann::ordered_json& value) {
  if (!value.is_number()) return "–";
  const double number = value.get<double>();
  return std::fabs(number) < 10 ? fmt::format("{:.4f}", number) : fmt::format("{:.6g}", number);
}

// The metric's tile wears the colour of its gates.
Tone tone_of(const std::string& metric, const std::vector<GateOutcome>& gates) {
  Tone tone = Tone::neutral;
  for (const GateOutcome& gate : gates) {
    const size_t end = gate.expr.find_first_of("<>= ", gate.expr.find_first_not_of(' '));
    if (trim(gate.expr.substr(0, end)) != metric) continue;
    if (!gate.passed) return Tone::bad;
    tone = Tone::good;
  }
  return tone;
}

std::string lead_of(const EvalReport& report) {
  std::vector<report::Tile> tiles;
  for (const auto& [metric, value] : report.evaluation->metrics.items())
    tiles.push_back({spelled(metric), figure(value), "", tone_of(metric, report.evaluation->gates)});
  std::string html = report::tiles(tiles);
  for (const GateOutcome& gate : report.evaluation->gates) {
    html +=
        report::badge(fmt::format("{} {}: {:.4g}", gate.expr, gate.passed ? "passed" : "failed", gate.value),
                      gate.passed ? Tone::good : Tone::bad);
  }
  return html;
}

bool lower_is_better(const std::string& metric) {
  return metric == "log_loss" || metric == "mse" || metric == "rmse" || metric == "mae";
}

void add_baseline(Page& page, const EvalReport& report) {
  if (report.findings->differences.empty()) return;
  Grid grid{{"metric", "model", "baseline", "difference", "95 % interval", "verdict"}, {}, 1};
  for (const Difference& one : report.findings->differences) {
    const bool better = lower_is_better(one.metric) ? one.high < 0 : one.low > 0;
    const Tone tone = !one.significant() ? Tone::neutral : better ? Tone::good : Tone::bad;
    const char* verdict = !one.significant() ? "no clear difference" : better ? "better" : "worse";
    grid.rows.push_back({spelled(one.metric),
                         fmt::format("{:.4f}", one.model),
                         fmt::format("{:.4f}", one.baseline),
                         fmt::format("{:+.4f}", one.difference()),
                         fmt::format("{:+.4f} … {:+.4f}", one.low, one.high),
                         {verdict, tone}});
  }
  page.section("Against " + report.baseline,
               "Both models on the same examples; intervals by paired bootstrap, 1000 resamples.",
               report::table(grid));
}

void add_origin(Page& page, const EvalReport& report) {
  const Grid grid{
      {"", "SHA-256"},
      {{"model " + report.model, report.evaluation->model}, {"data " + report.data, report.evaluation->data}},
      2};
  page.section("Origin", "The content that these numbers belong to.", report::table(grid));
}

}  // namespace

std::string html_report(const EvalReport& report) {
  const Findings& findings = *report.findings;
  Page page("Evaluation of " + report.model,
            fmt::format("{} · {} split · {} · {}", report.data, report.evaluation->split,
                        plural(static_cast<uint64_t>(findings.samples), "example"), findings.task));
  page.lead(lead_of(report));
  add_baseline(page, report);
  if (findings.classes) {
    report::add_class_sections(page, report);
  } else {
    report::add_value_sections(page, report);
  }
  add_origin(page, report);
  return page.html();
}

}  // namespace mlctl
