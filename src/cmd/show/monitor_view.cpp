#include "cmd/show/monitor_view.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "cmd/shell/output.h"
#include "core/base/strings.h"
#include "core/base/visible.h"

namespace mlctl {

namespace {

std::string seconds(double value) {
  return std::isnan(value) ? "-"
         : value < 1       ? fmt::format("{:.1f}ms", value * 1e3)
                           : fmt::format("{:.2f}s", value);
}

// An endpoint may say anything, and only a number of this range can be cast.
uint64_t whole(double value) {
  return static_cast<uint64_t>(std::isnan(value) ? 0 : std::clamp(value, 0.0, 1e18));
}

std::string styled_verdict(const Context& context, monitor::Verdict verdict) {
  constexpr const char* kStyles[] = {"32", "33", "1;31", "2"};
  return context.io.styled(monitor::name(verdict), kStyles[static_cast<int>(verdict)]);
}

std::string drift_table(const monitor::Report& report) {
  Table table{{"FEATURE", "VERDICT", "PSI", "JS", "KS", "SAMPLES"}, {}};
  for (const monitor::FeatureDrift& drift : report.features) {
    const bool judged = drift.verdict != monitor::Verdict::insufficient;
    const auto value = [judged](double number) { return judged ? fmt::format("{:.3f}", number) : "-"; };
    table.rows.push_back({drift.feature, monitor::name(drift.verdict), value(drift.psi), value(drift.js),
                          value(drift.ks), std::to_string(drift.current)});
  }
  return table.rows.empty() ? "" : render(table, false);
}

}  // namespace

std::string monitor_view(const Context& context, const monitor::Report& report,
                         const std::vector<monitor::Alert>& alerts) {
  const std::string ready =
      report.ready ? context.io.styled("ready", "32") : context.io.styled("not ready", "1;31");
  std::string text = fmt::format("{}  {}  revision {}  {}\n", context.io.styled(report.endpoint, "1"), ready,
                                 visible(report.revision), visible(report.url));
  text += fmt::format("requests   {} in {}, {:.2f}/s, {} in flight\n", human_count(whole(report.requests)),
                      human_duration(report.window), report.rate, report.in_flight);
  text += fmt::format("errors     {} ({:.2f} %), {} refused as malformed\n", report.errors,
                      report.error_rate * 100, report.client_errors);
  text += fmt::format("latency    p50 {}  p90 {}  p95 {}  p99 {}\n", seconds(report.p50), seconds(report.p90),
                      seconds(report.p95), seconds(report.p99));
  text += fmt::format("process    {:.2f} CPU, {}\n", report.cpu, human_bytes(whole(report.memory)));
  text +=
      fmt::format("drift      {}{}\n", styled_verdict(context, report.drift),
                  report.drift == monitor::Verdict::insufficient
                      ? fmt::format(" (below {} samples chance looks like drift)", monitor::kMinimumSamples)
                      : "");
  text += drift_table(report);
  for (const monitor::Alert& alert : alerts) {
    const std::string state = alert.firing  ? context.io.styled("FIRING", "1;31")
                              : alert.holds ? "pending"
                                            : "ok";
    text += fmt::format("alert      {} {}\n", state, visible(monitor::describe(alert)));
  }
  return text;
}

}  // namespace mlctl
