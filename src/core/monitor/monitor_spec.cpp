#include "core/monitor/monitor_spec.h"

#include <fmt/format.h>

#include "core/base/units.h"
#include "core/monitor/report.h"

namespace mlctl::monitor {

namespace {

Result<std::vector<Rule>> decode_rules(const Manifest& manifest) {
  std::vector<Rule> rules;
  const std::vector<std::string> known = rule_metric_names();
  for (const nlohmann::ordered_json& item : manifest.spec.at("rules")) {
    const std::string place = fmt::format("spec.rules[{}]", rules.size());
    Rule rule;
    rule.name = item.at("name").get<std::string>();
    rule.expr = item.at("expr").get<std::string>();
    rule.severity = item.value("severity", rule.severity);
    const Result<> parsed = parse_rule(rule, known);
    if (!parsed) return fail(manifest.error_at(place + ".expr", parsed.error().message, parsed.error().hint));
    const Result<double> hold = parse_duration(item.value("for", "0s"));
    if (!hold) return fail(manifest.error_at(place + ".for", hold.error().message, hold.error().hint));
    rule.hold = *hold;
    rules.push_back(std::move(rule));
  }
  return rules;
}

}  // namespace

Result<MonitorSpec> monitor_spec(const Manifest& manifest) {
  return MonitorSpec{manifest.spec.value("endpoint", manifest.name), manifest.spec.value("reference", ""),
                     TRY(decode_rules(manifest))};
}

}  // namespace mlctl::monitor
