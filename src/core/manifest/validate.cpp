#include "core/manifest/validate.h"

#include <re2/re2.h>

#include <algorithm>
#include <optional>
#include <tuple>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/manifest/schema.h"
#include "core/text/json.h"

namespace mlctl {

namespace {

using Json = nlohmann::ordered_json;

bool is_scalar(const YamlNode& node) {
  return node.kind != YamlKind::map && node.kind != YamlKind::list;
}

std::string shown(const YamlNode& node) {
  constexpr size_t kLongest = 60;
  if (node.from_environment) return "a value from the environment";  // it may be a secret
  if (node.kind == YamlKind::null) return "nothing";
  if (!is_scalar(node)) return name(node.kind);
  std::string text = node.text.substr(0, kLongest);
  while (!is_valid_utf8(text)) text.pop_back();
  if (text.size() < node.text.size()) text += "…";
  return node.kind == YamlKind::text ? fmt::format("the text \"{}\"", text) : text;
}

bool accepts_type(const std::string& type, const YamlNode& node) {
  const YamlKind kind = node.kind;
  if (type == "object") return kind == YamlKind::map;
  if (type == "array") return kind == YamlKind::list;
  if (type == "integer") return kind == YamlKind::integer;
  if (type == "number") return kind == YamlKind::integer || kind == YamlKind::number;
  if (type == "boolean") return kind == YamlKind::boolean;
  if (type == "null") return kind == YamlKind::null;
  // A value typed on the command line has no quotes left to say that 2024 is a text.
  return kind == YamlKind::text || (node.place.source > 0 && is_scalar(node) && kind != YamlKind::null);
}

std::vector<std::string> types_of(const Json& schema) {
  if (schema.contains("type")) {
    const Json& type = schema.at("type");
    return type.is_array() ? type.get<std::vector<std::string>>() : std::vector{type.get<std::string>()};
  }
  if (schema.contains("properties")) return {"object"};
  const Json* example = schema.contains("const")  ? &schema.at("const")
                        : schema.contains("enum") ? &schema.at("enum").front()
                                                  : nullptr;
  if (example == nullptr) return {};
  return {example->is_string() ? "string" : example->is_boolean() ? "boolean" : "number"};
}

bool accepts(const Json& schema, const YamlNode& node) {
  const std::vector<std::string> types = types_of(schema);
  return types.empty() ||
         std::any_of(types.begin(), types.end(), [&](const auto& type) { return accepts_type(type, node); });
}

// Where else in the schema a key of that name lives: "spec.optimizer" for lr. The shallowest wins.
std::string home_of(const Json& schema, const std::string& key) {
  std::vector<std::pair<std::string, const Json*>> level = {{"", &schema}};
  for (int depth = 0; depth < 5 && !level.empty(); ++depth) {
    std::vector<std::pair<std::string, const Json*>> next;
    for (const auto& [path, node] : level) {
      for (const SchemaKey& child : schema_keys(*node)) {
        if (child.name == key) return path;
        next.emplace_back(path.empty() ? child.name : path + "." + child.name, child.node);
      }
    }
    level = std::move(next);
  }
  return {};
}

std::string from_folder(const std::filesystem::path& folder, const std::string& path) {
  const bool fixed = path.find("://") != std::string::npos || path.empty() || path.front() == '/' ||
                     folder.empty() || folder == ".";
  return fixed ? path : (folder / path).lexically_normal().string();
}

class Checker {
 public:
  Checker(const Json& schema, std::filesystem::path folder) : root_(schema), folder_(std::move(folder)) {}

  Json check(const YamlNode& node, const Json& schema, const std::string& path) {
    checked_.places[path] = node.place;
    const Json* chosen = choose(node, schema, path);
    if (chosen == nullptr) return to_json(node);
    switch (node.kind) {
      case YamlKind::map:
        return map(node, *chosen, path);
      case YamlKind::list:
        return list(node, *chosen, path);
      default:
        return scalar(node, *chosen, path);
    }
  }

  Checked take(Json value) {
    checked_.value = std::move(value);
    sort_by_place(checked_.problems);
    return std::move(checked_);
  }

 private:
  void problem(TextPlace place, const std::string& path, std::string message, std::string hint = {}) {
    checked_.problems.push_back({place, path, std::move(message), std::move(hint)});
  }

  // The alternative that the node is meant to be, or null after a problem was noted.
  const Json* choose(const YamlNode& node, const Json& schema, const std::string& path) {
    std::vector<const Json*> fitting;
    for (const Json* each : alternatives(schema)) {
      if (accepts(*each, node)) fitting.push_back(each);
    }
    if (fitting.empty()) {
      wrong_type(node, schema, path);
      return nullptr;
    }
    if (fitting.size() == 1 || node.kind != YamlKind::map) return fitting.front();
    return choose_map(node, fitting, path);
  }

  void wrong_type(const YamlNode& node, const Json& schema, const std::string& path) {
    const std::string type = type_text(schema);
    std::string hint;
    const bool wants_text = type.find("text") != std::string::npos;
    if (wants_text && is_scalar(node) && node.kind != YamlKind::null && !node.from_environment)
      hint = fmt::format("put it in quotes: \"{}\"", node.text);
    if (type == "true or false" && node.kind == YamlKind::text) hint = "YAML 1.2 writes true and false";
    const char* article = type.starts_with("true") ? "" : "a ";
    problem(node.place, path, fmt::format("expected {}{}, got {}", article, type, shown(node)),
            std::move(hint));
  }

  // Alternatives of maps are told apart by a key with a const ("name: mlp"), else by what they require.
  const Json* choose_map(const YamlNode& node, const std::vector<const Json*>& fitting,
                         const std::string& path) {
    std::vector<std::string> names;
    const YamlNode* given = nullptr;
    for (const Json* each : fitting) {
      for (const auto& [key, child] : each->at("properties").items()) {
        if (!child.contains("const")) continue;
        names.push_back(child.at("const").get<std::string>());
        if (const YamlNode* value = node.find(key)) {
          given = value;
          if (value->text == names.back()) return each;
        }
      }
    }
    for (const Json* each : fitting) {
      const Json required = each->value("required", Json::array());
      if (given == nullptr && std::all_of(required.begin(), required.end(), [&](const Json& key) {
            return node.find(key.get<std::string>()) != nullptr;
          }))
        return each;
    }
    if (given == nullptr) {
      problem(node.place, path, "neither a name nor layers is given",
              fmt::format("the names are {}", join(names, ", ")));
    } else {
      not_allowed(*given, names, path + ".name");
    }
    return nullptr;
  }

  void not_allowed(const YamlNode& node, const std::vector<std::string>& values, const std::string& path) {
    const std::string near = did_you_mean(node.text, values);
    problem(node.place, path,
            values.size() == 1 ? fmt::format("expected {}, got {}", values.front(), shown(node))
                               : fmt::format("{} is none of {}", shown(node), join(values, ", ")),
            near.empty() ? "" : fmt::format("did you mean {}?", near));
  }

  void unknown_key(const YamlKey& key, const Json& schema, const std::string& path) {
    std::vector<std::string> names;
    for (const SchemaKey& each : schema_keys(schema)) names.push_back(each.name);
    std::string near = did_you_mean(key.name, names);
    const auto longer = std::find_if(names.begin(), names.end(),
                                     [&](const std::string& name) { return name.starts_with(key.name); });
    if (near.empty() && longer != names.end()) near = *longer;
    const std::string home = near.empty() ? home_of(root_, key.name) : "";
    std::string hint = "the keys are " + join(names, ", ");
    if (!near.empty()) hint = fmt::format("did you mean {}?", near);
    if (!home.empty() && home != path) hint = fmt::format("{} belongs in {}", key.name, home);
    problem(key.place, path.empty() ? "" : path, fmt::format("unknown key \"{}\"", key.name),
            names.empty() ? "" : std::move(hint));
  }

  Json map(const YamlNode& node, const Json& schema, const std::string& path) {
    Json result = Json::object();
    const Json properties = schema.value("properties", Json::object());
    const Json others = schema.value("additionalProperties", Json(true));
    for (size_t at = 0; at < node.keys.size(); ++at) {
      const YamlKey& key = node.keys[at];
      const std::string inner = path.empty() ? key.name : path + "." + key.name;
      checked_.keys[inner] = key.place;
      if (properties.contains(key.name)) {
        result[key.name] = check(node.items[at], properties.at(key.name), inner);
      } else if (others.is_object()) {
        result[key.name] = check(node.items[at], others, inner);
      } else {
        unknown_key(key, schema, path);
      }
    }
    for (const Json& key : schema.value("required", Json::array())) {
      if (node.find(key.get<std::string>()) == nullptr)
        problem(node.place, path, fmt::format("\"{}\" is missing", key.get<std::string>()));
    }
    if (node.keys.size() > schema.value("maxProperties", size_t{1} << 30)) {
      problem(node.keys.at(1).place, path, "a second key where one is meant",
              "begin a list item of its own with \"- \"");
    }
    if (node.keys.size() < schema.value("minProperties", size_t{0})) problem(node.place, path, "is empty");
    return result;
  }

  Json list(const YamlNode& node, const Json& schema, const std::string& path) {
    Json result = Json::array();
    const Json items = schema.value("items", Json::object());
    for (size_t at = 0; at < node.items.size(); ++at)
      result.push_back(check(node.items[at], items, fmt::format("{}[{}]", path, at)));
    const size_t least = schema.value("minItems", size_t{0}),
                 most = schema.value("maxItems", size_t{1} << 30);
    if (node.items.size() < least || node.items.size() > most) {
      const std::string wanted = least == most               ? std::to_string(least)
                                 : node.items.size() < least ? fmt::format("at least {}", least)
                                                             : fmt::format("at most {}", most);
      problem(node.place, path, fmt::format("expected {} items, got {}", wanted, node.items.size()));
    }
    return result;
  }

  Json scalar(const YamlNode& node, const Json& schema, const std::string& path) {
    const std::vector<std::string> types = types_of(schema);
    const auto has = [&](const char* type) {
      return std::find(types.begin(), types.end(), type) != types.end();
    };
    Json value = node.text;
    if (!has("string") || (node.kind != YamlKind::text && has("number"))) value = to_json(node);
    if (value.is_number() && has("number") && !has("integer")) value = value.get<double>();
    const bool number = node.kind == YamlKind::integer || node.kind == YamlKind::number;
    if (number && value.is_string() && !has("string"))
      problem(node.place, path, fmt::format("{} is too large a number", shown(node)));
    const std::vector<std::string> values = allowed_values(schema);
    if (!values.empty() && !has("boolean") &&
        std::find(values.begin(), values.end(), node.text) == values.end())
      not_allowed(node, values, path);
    if (value.is_number()) bounds(node, value.get<double>(), schema, path);
    if (value.is_string()) text(node, schema, path);
    if (value.is_string() && schema.value("format", "") == "path" && node.place.source == 0)
      value = from_folder(folder_, node.text);
    return value;
  }

  void bounds(const YamlNode& node, double value, const Json& schema, const std::string& path) {
    const auto limit = [&](const char* key) -> std::optional<double> {
      if (!schema.contains(key)) return std::nullopt;
      return schema.at(key).get<double>();
    };
    const auto refuse = [&](const char* what, double bound) {
      problem(node.place, path, fmt::format("{} must be {} {}", shown(node), what, shortest(bound)));
    };
    if (const auto least = limit("minimum"); least && value < *least) refuse("at least", *least);
    if (const auto most = limit("maximum"); most && value > *most) refuse("at most", *most);
    if (const auto above = limit("exclusiveMinimum"); above && value <= *above) refuse("above", *above);
    if (const auto below = limit("exclusiveMaximum"); below && value >= *below) refuse("below", *below);
  }

  void text(const YamlNode& node, const Json& schema, const std::string& path) {
    if (node.text.size() > schema.value("maxLength", size_t{1} << 20))
      problem(node.place, path,
              fmt::format("is longer than {} characters", dump_json(schema.at("maxLength"))));
    if (!schema.contains("pattern")) return;
    const re2::RE2 pattern(schema.at("pattern").get<std::string>(), re2::RE2::Quiet);
    if (re2::RE2::PartialMatch(node.text, pattern)) return;
    std::string hint = schema.value("description", "");
    if (schema.contains("examples"))
      hint +=
          fmt::format("{}for example {}", hint.empty() ? "" : "; ", dump_json(schema.at("examples").front()));
    problem(node.place, path, fmt::format("{} is not valid here", shown(node)), std::move(hint));
  }

  const Json& root_;
  std::filesystem::path folder_;
  Checked checked_;
};

}  // namespace

void sort_by_place(std::vector<Problem>& problems) {
  std::stable_sort(problems.begin(), problems.end(), [](const Problem& a, const Problem& b) {
    return std::tie(a.place.source, a.place.line, a.place.column) <
           std::tie(b.place.source, b.place.line, b.place.column);
  });
}

Checked check_against(const YamlNode& node, const Json& schema, const std::filesystem::path& folder) {
  Checker checker(schema, folder);
  Json value = checker.check(node, schema, "");
  return checker.take(std::move(value));
}

}  // namespace mlctl
