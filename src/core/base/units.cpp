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

Result<uint64_t> parse_bytes(std::string_view text) {
  std::string_view number = text;
  for (const char* ending : {"/s", "B", "i"})
    if (number.ends_with(ending)) number.remove_suffix(std::string_view(ending).size());
  constexpr std::string_view kUnits = "KMGT";
  double scale = 1;
  const size_t unit = number.empty() ? std::string_view::npos : kUnits.find(number.back());
  if (unit != std::string_view::npos) {
    number.remove_suffix(1);
    for (size_t k = 0; k <= unit; ++k) scale *= 1024;
  }
  const Result<double> value = parse_double(number);
  if (value && *value >= 0 && *value * scale < 1e18) return static_cast<uint64_t>(*value * scale);
  return fail(Exit::usage, fmt::format("\"{}\" is not a size", text), "write 500K, 10M or 1.5GiB");
}

}  // namespace mlctl
