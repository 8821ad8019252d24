#include "core/manifest/diff.h"

#include "core/text/json.h"

#include <fmt/format.h>

namespace mlctl {

using Json = nlohmann::ordered_json;

std::vector<KeyChange> differences(const Json& before, const Json& now, const std::string& path) {
  if (before == now) return {};
  if (!before.is_object() || !now.is_object()) {
    return {{path, before.is_null() ? "" : dump_json(before), now.is_null() ? "" : dump_json(now)}};
  }
  std::vector<KeyChange> found;
  const auto add = [&](const std::string& key, const Json& old_value, const Json& new_value) {
    for (KeyChange& each : differences(old_value, new_value, path + "." + key))
      found.push_back(std::move(each));
  };
  for (const auto& [key, value] : now.items()) add(key, before.value(key, Json()), value);
  for (const auto& [key, value] : before.items()) {
    if (!now.contains(key)) add(key, value, Json());
  }
  return found;
}

std::string difference_text(const std::vector<KeyChange>& differences) {
  std::string text;
  for (const KeyChange& each : differences) {
    if (!each.before.empty()) text += fmt::format("- {}: {}\n", each.path, each.before);
    if (!each.now.empty()) text += fmt::format("+ {}: {}\n", each.path, each.now);
  }
  return text;
}

}  // namespace mlctl
