#include "cmd/show/show.h"

#include <chrono>
#include <cmath>
#include <ctime>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/base/visible.h"
#include "core/run/catalog.h"
#include "core/run/lineage.h"

namespace mlctl {

Result<Inventory> take_inventory(Context& context) {
  return Inventory{context, TRY(run_log(context).list())};
}

std::string fields(const std::vector<std::pair<std::string, std::string>>& rows) {
  size_t width = 0;
  for (const auto& [key, value] : rows) {
    if (!value.empty()) width = std::max(width, key.size() + 1);
  }
  std::string text;
  for (const auto& [key, value] : rows) {
    if (!value.empty()) text += fmt::format("{:{}}  {}\n", key + ":", width, visible(value));
  }
  return text;
}

std::string section(const std::string& title, const std::string& body) {
  return body.empty() ? "" : fmt::format("\n{}:\n{}", title, body);
}

std::string readable(const Json& value) {
  if (value.is_null()) return {};
  if (value.is_number_float()) return fmt::format("{:.4g}", value.get<double>());
  if (value.is_string()) return value.get<std::string>();
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string metrics_text(const Json& metrics) {
  std::vector<std::string> parts;
  if (!metrics.is_object()) return {};
  for (const auto& [key, value] : metrics.items()) {
    if (value.is_number()) parts.push_back(fmt::format("{} {}", visible(key), readable(value)));
  }
  return join(parts, "  ");
}

namespace {

// Seconds since 1970 of "2026-01-31T12:00:00.123Z"; negative for anything else.
double seconds_of(const std::string& rfc3339) {
  std::tm parts{};
  const char* rest = strptime(rfc3339.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
  return rest == nullptr ? -1 : static_cast<double>(timegm(&parts));
}

}  // namespace

std::string age(const Inventory& inventory, const std::string& rfc3339) {
  const double then = seconds_of(rfc3339);
  if (then < 0) return {};
  const double now = static_cast<double>(inventory.context.clock.unix_millis()) / 1000;
  const auto seconds = static_cast<int64_t>(std::max(0.0, now - then));
  if (seconds < 120) return fmt::format("{}s", seconds);
  if (seconds < 2 * 3600) return fmt::format("{}m", seconds / 60);
  if (seconds < 2 * 86400) return fmt::format("{}h", seconds / 3600);
  return fmt::format("{}d", seconds / 86400);
}

std::string made_at(const Inventory& inventory, const RunArtifact& artifact, int64_t written_millis) {
  if (const RunRecord* maker = maker_of(inventory.runs, artifact)) return maker->ended;
  return written_millis == 0 ? "" : sys::rfc3339(written_millis);
}

int64_t written_at(const std::filesystem::path& file) {
  std::error_code code;
  const auto written = std::filesystem::last_write_time(file, code);
  if (code) return 0;
  const auto wall = std::chrono::file_clock::to_sys(written).time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(wall).count();
}

}  // namespace mlctl
