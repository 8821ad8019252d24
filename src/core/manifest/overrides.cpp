#include "core/manifest/overrides.h"

#include <fmt/format.h>

#include "core/base/strings.h"

namespace mlctl {

namespace {

struct Step {
  std::string key;     // of a map …
  int64_t index = -1;  // … or of a list
};

auto refuse(const std::string& assignment, const std::string& message, const std::string& hint = {}) {
  return fail(Exit::usage, fmt::format("--set {}: {}", assignment, message), hint);
}

Result<std::vector<Step>> parse_path(const std::string& assignment, const std::string& path) {
  std::vector<Step> steps;
  for (const std::string& part : split(path, '.')) {
    const size_t open = part.find('[');
    if (part.empty() || open == 0) return refuse(assignment, "the path has an empty key");
    steps.push_back({part.substr(0, open), -1});
    std::string_view rest =
        open == std::string::npos ? std::string_view{} : std::string_view(part).substr(open);
    while (!rest.empty()) {
      const size_t close = rest.find(']');
      const Result<int64_t> index =
          rest.front() == '[' && close != std::string_view::npos ? parse_int(rest.substr(1, close - 1)) : -1;
      if (!index || *index < 0) return refuse(assignment, "an index is written as [0]");
      steps.push_back({{}, *index});
      rest.remove_prefix(close + 1);
    }
  }
  return steps;
}

void set_places(YamlNode& node, TextPlace place) {
  node.place = place;
  for (YamlKey& key : node.keys) key.place = place;
  for (YamlNode& item : node.items) set_places(item, place);
}

// A scalar, {…} or […]; anything else ("a: b", "[x") is meant as the text it is.
YamlNode parse_value(const std::string& value, TextPlace place) {
  YamlNode node;
  Result<std::vector<YamlNode>> documents = parse_yaml({"--set", value});
  const bool structure = value.starts_with('{') || value.starts_with('[');
  if (documents && documents->size() == 1 && (structure || documents->front().items.empty())) {
    node = std::move(documents->front());
  } else {
    node.kind = YamlKind::text;
    node.text = value;
  }
  set_places(node, place);
  return node;
}

// The child that a step leads to, made when a map lacks it.
Result<YamlNode*> enter(YamlNode& node, const Step& step, const std::string& assignment, TextPlace place) {
  if (step.index >= 0) {
    if (node.kind != YamlKind::list || static_cast<size_t>(step.index) >= node.items.size())
      return refuse(assignment, fmt::format("there is no item [{}]", step.index),
                    "give the whole list: --set KEY=[…]");
    return &node.items[static_cast<size_t>(step.index)];
  }
  if (node.kind == YamlKind::null) node.kind = YamlKind::map;
  if (node.kind != YamlKind::map) {
    return refuse(assignment,
                  fmt::format("\"{}\" is inside {}, which has no keys", step.key, name(node.kind)),
                  "set the outer key first: --set KEY={…}");
  }
  for (size_t at = 0; at < node.keys.size(); ++at) {
    if (node.keys[at].name == step.key) return &node.items[at];
  }
  node.keys.push_back({step.key, place});
  node.items.emplace_back();
  node.items.back().place = place;
  return &node.items.back();
}

void remove_key(YamlNode& node, const std::string& key) {
  for (size_t at = 0; at < node.keys.size(); ++at) {
    if (node.keys[at].name != key) continue;
    node.keys.erase(node.keys.begin() + static_cast<ptrdiff_t>(at));
    node.items.erase(node.items.begin() + static_cast<ptrdiff_t>(at));
  }
}

}  // namespace

Result<> apply_set(YamlNode& root, const std::string& assignment, std::vector<Source>& sources) {
  const size_t equals = assignment.find('=');
  if (equals == std::string::npos || equals == 0)
    return refuse(assignment, "expected KEY=VALUE", "for example --set spec.epochs=20");
  const std::vector<Step> steps = TRY(parse_path(assignment, assignment.substr(0, equals)));
  const std::string value = assignment.substr(equals + 1);
  const TextPlace place{0, 0, static_cast<int>(sources.size())};
  sources.push_back({"--set " + assignment, value});
  YamlNode* node = &root;
  for (size_t at = 0; at + 1 < steps.size(); ++at) node = TRY(enter(*node, steps[at], assignment, place));
  if (value.empty() && steps.back().index < 0) {
    remove_key(*node, steps.back().key);
    return {};
  }
  *TRY(enter(*node, steps.back(), assignment, place)) = parse_value(value, place);
  return {};
}

void expand_environment(YamlNode& node, const sys::Env& env, std::vector<Problem>& problems,
                        std::vector<Expansion>& expansions, const std::string& path) {
  constexpr std::string_view kOpen = "${env:";
  for (size_t at = 0; at < node.items.size(); ++at) {
    const std::string inner = node.kind == YamlKind::list ? fmt::format("{}[{}]", path, at)
                              : path.empty()              ? node.keys[at].name
                                                          : path + "." + node.keys[at].name;
    expand_environment(node.items[at], env, problems, expansions, inner);
  }
  std::string text;
  std::string_view rest = node.text;
  for (size_t open = rest.find(kOpen); open != std::string_view::npos; open = rest.find(kOpen)) {
    const size_t close = rest.find('}', open);
    if (close == std::string_view::npos) break;
    const std::string variable(rest.substr(open + kOpen.size(), close - open - kOpen.size()));
    const std::optional<std::string> value = env.get(variable);
    if (!value)
      problems.push_back({node.place, path, fmt::format("the environment has no {}", variable),
                          fmt::format("export {}=…", variable)});
    text += rest.substr(0, open);
    if (value) expansions.push_back({std::string(rest.substr(open, close - open + 1)), *value});
    text += value.value_or("");
    rest.remove_prefix(close + 1);
    node.from_environment = true;
  }
  if (!node.from_environment || !node.items.empty()) return;
  node.text = text + std::string(rest);
  if (!node.quoted) node.kind = plain_kind(node.text);
}

}  // namespace mlctl
