#include "core/manifest/schema.h"

#include <algorithm>

#include "core/base/strings.h"
#include "core/text/json.h"

namespace mlctl {

namespace {

using Json = nlohmann::ordered_json;

std::optional<Json> parse_schema(std::string_view name) {
  for (const SchemaText& each : schema_texts()) {
    if (each.name == name) return Json::parse(each.text);
  }
  return std::nullopt;
}

Json expanded(const Json& node, const Json& root);

// {"$ref": "#/$defs/x" | "other.schema.json", …}: what it refers to, under the keys beside it.
Json referred(const Json& node, const Json& root) {
  const std::string target = node.at("$ref").get<std::string>();
  const size_t hash = target.find('#');
  Json result;
  if (hash == 0) {
    result = expanded(root.at(Json::json_pointer(target.substr(1))), root);
  } else {
    const Json other = parse_schema(target.substr(0, target.find('.'))).value_or(Json::object());
    result = expanded(other, other);
  }
  for (const auto& [key, value] : node.items()) {
    if (key != "$ref") result[key] = expanded(value, root);
  }
  return result;
}

Json expanded(const Json& node, const Json& root) {
  if (node.is_object() && node.contains("$ref")) return referred(node, root);
  if (!node.is_structured()) return node;
  Json result = node;
  for (Json& child : result) child = expanded(child, root);
  return result;
}

void add_key(const std::string& name, const Json& node, bool required, std::vector<SchemaKey>& keys) {
  auto known = std::find_if(keys.begin(), keys.end(), [&](const SchemaKey& key) { return key.name == name; });
  if (known == keys.end()) known = keys.insert(keys.end(), {name, &node, required, {}});
  for (std::string& value : allowed_values(node)) {
    if (std::find(known->values.begin(), known->values.end(), value) == known->values.end())
      known->values.push_back(std::move(value));
  }
}

void add_keys(const Json& node, std::vector<SchemaKey>& keys) {
  const std::vector<const Json*> options = alternatives(node);
  const auto maps = std::count_if(options.begin(), options.end(),
                                  [](const Json* each) { return each->contains("properties"); });
  for (const Json* each : options) {
    if (each->contains("items")) add_keys(each->at("items"), keys);
    if (!each->contains("properties")) continue;
    const Json required = each->value("required", Json::array());
    for (const auto& [name, child] : each->at("properties").items()) {
      const bool needed = std::find(required.begin(), required.end(), name) != required.end();
      add_key(name, child, needed && maps == 1, keys);
    }
  }
}

const Json* child_of(const Json& node, const std::string& key) {
  for (const Json* each : alternatives(node)) {
    if (each->contains("items")) {
      if (const Json* found = child_of(each->at("items"), key)) return found;
    }
    if (each->contains("properties") && each->at("properties").contains(key))
      return &each->at("properties").at(key);
  }
  for (const Json* each : alternatives(node)) {
    if (each->contains("additionalProperties") && each->at("additionalProperties").is_object())
      return &each->at("additionalProperties");
  }
  return nullptr;
}

std::string word_for(const std::string& type) {
  if (type == "object") return "map";
  if (type == "array") return "list";
  if (type == "string") return "text";
  if (type == "integer") return "whole number";
  if (type == "boolean") return "true or false";
  return type;
}

std::string single_type(const Json& node) {
  if (node.contains("enum") || node.contains("const")) return "text";
  if (!node.contains("type")) return "value";
  if (node.at("type").is_array()) {
    std::vector<std::string> words;
    for (const Json& type : node.at("type")) words.push_back(word_for(type.get<std::string>()));
    return join(words, " or ");
  }
  const std::string word = word_for(node.at("type").get<std::string>());
  if (word != "list" || !node.contains("items")) return word;
  const std::string items = type_text(node.at("items"));
  return "list of " + items + (items.find(" or ") == std::string::npos ? "s" : "");
}

}  // namespace

std::vector<std::string> manifest_kinds() {
  std::vector<std::string> kinds;
  for (const SchemaText& each : schema_texts()) {
    const Json schema = Json::parse(each.text);
    if (schema.at("properties").contains("kind")) kinds.push_back(schema.at("title").get<std::string>());
  }
  return kinds;
}

std::optional<Json> find_schema(std::string_view kind) {
  const std::optional<Json> schema = parse_schema(to_lower(kind));
  if (!schema) return std::nullopt;
  return expanded(*schema, *schema);
}

std::vector<const Json*> alternatives(const Json& node) {
  std::vector<const Json*> result;
  if (!node.contains("oneOf")) return {&node};
  for (const Json& each : node.at("oneOf")) {
    for (const Json* inner : alternatives(each)) result.push_back(inner);
  }
  return result;
}

std::vector<SchemaKey> schema_keys(const Json& node) {
  std::vector<SchemaKey> keys;
  add_keys(node, keys);
  return keys;
}

const Json* schema_at(const Json& schema, std::string_view path) {
  const Json* node = &schema;
  if (path.empty()) return node;
  for (std::string key : split(path, '.')) {
    key = key.substr(0, key.find('['));
    node = child_of(*node, key);
    if (node == nullptr) return nullptr;
  }
  return node;
}

std::vector<std::string> allowed_values(const Json& node) {
  std::vector<std::string> values;
  const auto add = [&](const Json& value) {
    std::string text = value.is_string() ? value.get<std::string>() : dump_json(value);
    if (std::find(values.begin(), values.end(), text) == values.end()) values.push_back(std::move(text));
  };
  for (const Json* each : alternatives(node)) {
    if (each->contains("const")) add(each->at("const"));
    for (const Json& value : each->value("enum", Json::array())) add(value);
    if (each->value("type", Json()) == "boolean") {
      add(true);
      add(false);
    }
  }
  return values;
}

std::string type_text(const Json& node) {
  std::vector<std::string> words;
  for (const Json* each : alternatives(node)) {
    const std::string word = single_type(*each);
    if (std::find(words.begin(), words.end(), word) == words.end()) words.push_back(word);
  }
  return join(words, " or ");
}

}  // namespace mlctl
