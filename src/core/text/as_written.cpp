#include "core/text/as_written.h"

#include <string_view>
#include <utility>

namespace mlctl {

namespace {

constexpr size_t kLong = 6;
constexpr std::string_view kOpen = "${env:";

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

}  // namespace

std::string as_written(std::string text, const std::vector<Expansion>& expansions) {
  for (const Expansion& each : expansions) {
    if (each.value.empty()) continue;
    if (text == each.value) return each.written;
    if (each.value.size() >= kLong) replace_all(text, each.value, each.written);
  }
  return text;
}

nlohmann::ordered_json as_written(nlohmann::ordered_json value, const std::vector<Expansion>& expansions) {
  if (expansions.empty()) return value;
  if (value.is_string()) return as_written(value.get<std::string>(), expansions);
  if (value.is_structured())
    for (auto& item : value) item = as_written(std::move(item), expansions);
  return value;
}

std::vector<Expansion> variables_in(const std::string& path, const sys::Env& env) {
  std::vector<Expansion> found;
  for (size_t open = path.find(kOpen); open != std::string::npos; open = path.find(kOpen, open + 1)) {
    const size_t name = open + kOpen.size(), close = path.find('}', open);
    if (close == std::string::npos) break;
    const auto value = env.get(path.substr(name, close - name));
    if (value) found.push_back({path.substr(open, close - open + 1), *value});
  }
  return found;
}

std::string expanded(std::string text, const std::vector<Expansion>& expansions) {
  for (const Expansion& each : expansions) replace_all(text, each.written, each.value);
  return text;
}

}  // namespace mlctl
