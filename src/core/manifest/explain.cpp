#include "core/manifest/explain.h"

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/manifest/schema.h"
#include "core/text/json.h"

namespace mlctl {

namespace {

using Json = nlohmann::ordered_json;

std::string value_text(const Json& value) {
  return value.is_string() ? value.get<std::string>() : dump_json(value);
}

std::vector<std::string> limits_of(const Json& node) {
  constexpr std::pair<const char*, const char*> kLimits[] = {{"minimum", "at least"},
                                                             {"exclusiveMinimum", "above"},
                                                             {"maximum", "at most"},
                                                             {"exclusiveMaximum", "below"}};
  std::vector<std::string> limits;
  if (alternatives(node).size() != 1) return limits;
  for (const auto& [key, words] : kLimits) {
    if (node.contains(key)) limits.push_back(fmt::format("{} {}", words, dump_json(node.at(key))));
  }
  return limits;
}

FieldInfo describe(const Json& node, const std::string& path, bool required, int depth) {
  FieldInfo field;
  field.path = path;
  field.type = type_text(node);
  field.required = required;
  field.values = allowed_values(node);
  if (field.type == "true or false") field.values.clear();
  field.limits = limits_of(node);
  std::vector<std::string> said;
  for (const Json* each : alternatives(node)) {
    if (each != &node && each->contains("description") && !each->contains("const"))
      said.push_back(each->at("description").get<std::string>());
  }
  field.description = node.value("description", "");
  if (alternatives(node).size() > 1) {
    for (const std::string& line : said) field.description += "\n- " + line;
  }
  if (node.contains("default")) field.default_text = value_text(node.at("default"));
  for (const Json& example : node.value("examples", Json::array()))
    field.examples.push_back(value_text(example));
  if (depth > 0) {
    for (const SchemaKey& key : schema_keys(node)) {
      field.fields.push_back(describe(*key.node, path + "." + key.name, key.required, depth - 1));
      if (!field.fields.back().values.empty()) field.fields.back().values = key.values;
    }
  }
  return field;
}

std::string last_name(const std::string& path) {
  return path.substr(path.rfind('.') + 1);
}

std::string wrapped(const std::string& text, const std::string& margin) {
  constexpr size_t kWidth = 76;
  std::string result;
  for (const std::string& line : split(text, '\n')) {
    std::string row;
    for (const std::string& word : split(line, ' ')) {
      if (!row.empty() && row.size() + word.size() > kWidth) {
        result += margin + row + "\n";
        row.clear();
      }
      row += (row.empty() ? "" : " ") + word;
    }
    result += margin + row + "\n";
  }
  return result;
}

std::string heading(const FieldInfo& field) {
  return fmt::format("{} <{}>{}", last_name(field.path), field.type, field.required ? " -required-" : "");
}

std::string facts(const FieldInfo& field, const std::string& margin) {
  std::string text;
  const auto add = [&](const char* label, const std::string& value) {
    if (!value.empty()) text += fmt::format("{}{}: {}\n", margin, label, value);
  };
  add("default", field.default_text);
  add("values", join(field.values, ", "));
  add("range", join(field.limits, ", "));
  add("example", join(field.examples, "  or  "));
  return text;
}

void append_tree(std::string& text, const FieldInfo& field, const std::string& margin) {
  for (const FieldInfo& child : field.fields) {
    text += margin + heading(child) + "\n";
    append_tree(text, child, margin + "  ");
  }
}

std::string dotted(const std::vector<std::string>& parts, size_t begin, size_t end) {
  return join({parts.begin() + static_cast<ptrdiff_t>(begin), parts.begin() + static_cast<ptrdiff_t>(end)},
              ".");
}

// Says which part of the path is unknown, and what there is.
Error unknown_field(const Json& schema, const std::vector<std::string>& parts) {
  size_t known = 1;
  while (known < parts.size() && schema_at(schema, dotted(parts, 1, known + 1)) != nullptr) ++known;
  std::vector<std::string> names;
  for (const SchemaKey& key : schema_keys(*schema_at(schema, dotted(parts, 1, known))))
    names.push_back(key.name);
  const std::string near = did_you_mean(parts[known], names), parent = dotted(parts, 0, known);
  std::string hint = names.empty() ? parent + " has no keys" : "the keys are " + join(names, ", ");
  if (!near.empty()) hint = fmt::format("did you mean {}.{}?", parent, near);
  return {Exit::not_found, fmt::format("{} has no key \"{}\"", parent, parts[known]), {}, hint, {}};
}

}  // namespace

Result<Explanation> explain(const std::string& path) {
  constexpr int kDeepest = 8;
  const std::vector<std::string> parts = split(path, '.');
  const std::optional<Json> schema = find_schema(parts.front());
  if (!schema || !schema->at("properties").contains("kind")) {
    const std::vector<std::string> kinds = manifest_kinds();
    const std::string near = did_you_mean(parts.front(), kinds);
    return fail(Exit::not_found, fmt::format("no manifest kind \"{}\"", parts.front()),
                near.empty() ? "the kinds are " + join(kinds, ", ") : fmt::format("did you mean {}?", near));
  }
  const Json* node = schema_at(*schema, dotted(parts, 1, parts.size()));
  if (node == nullptr) return fail(unknown_field(*schema, parts));
  Explanation explanation;
  explanation.kind = schema->at("title").get<std::string>();
  explanation.field = describe(*node, path, false, kDeepest);
  return explanation;
}

Json to_json(const FieldInfo& field) {
  Json json = {{"path", field.path},
               {"type", field.type},
               {"required", field.required},
               {"description", field.description}};
  if (!field.default_text.empty()) json["default"] = field.default_text;
  if (!field.values.empty()) json["values"] = field.values;
  if (!field.limits.empty()) json["range"] = field.limits;
  if (!field.examples.empty()) json["examples"] = field.examples;
  for (const FieldInfo& child : field.fields) json["fields"].push_back(to_json(child));
  return json;
}

std::string explanation_text(const Explanation& explanation, bool recursive) {
  const FieldInfo& field = explanation.field;
  std::string text = fmt::format("KIND:     {}\nVERSION:  mlctl.dev/v1\n", explanation.kind);
  const size_t dot = field.path.find('.');
  if (dot != std::string::npos)
    text += fmt::format("FIELD:    {} <{}>\n", field.path.substr(dot + 1), field.type);
  text += "\nDESCRIPTION:\n" + wrapped(field.description, "    ") + facts(field, "    ");
  if (field.fields.empty()) return text;
  text += "\nFIELDS:\n";
  if (recursive) {
    append_tree(text, field, "  ");
    return text;
  }
  for (const FieldInfo& child : field.fields)
    text += fmt::format("  {}\n{}{}\n", heading(child),
                        child.description.empty() ? "" : wrapped(child.description, "    "),
                        facts(child, "    "));
  return text;
}

}  // namespace mlctl
