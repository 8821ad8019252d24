#include "core/base/units.h"

#include <utility>

#include <fmt/format.h>

#include "core/base/strings.h"

namespace mlctl {

Result<double> parse_duration(std::string_view text) {
  constexpr std::pair<std::string_view, double> kUnits[] = {{"ms", 1e-3}, {"s", 1},     {"m", 60},
                                                            {"h", 3600},  {"d", 86400}, {"", 1}};
  for (const auto& [unit, seconds] : kUnits) {
    if (!text.ends_with(unit)) continue;
    const Result<double> number = parse_double(text.substr(0, text.size() - unit.size()));
    if (number && *number >= 0) return *number * seconds;
    break;
  }
  return fail(Exit::usage, fmt::format("\"{}\" is not a duration", text), "write 500ms, 30s, 10m, 2h or 7d");
}

}  // namespace mlctl
