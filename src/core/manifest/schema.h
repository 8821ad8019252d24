#pragma once
// The manifests' schemas (manifests/schema, JSON Schema draft 2020-12), embedded in the binary. The
// supported keywords: type, const, enum, properties, required, additionalProperties, minProperties,
// maxProperties, items, minItems, maxItems, minimum, maximum, exclusiveMinimum, exclusiveMaximum, pattern,
// maxLength, oneOf, $ref; and for people default, description, examples, format: path.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace mlctl {

struct SchemaText {
  std::string_view name, text;  // "train", the file's content
};
std::span<const SchemaText> schema_texts();

std::vector<std::string> manifest_kinds();  // "Clean", "Config", …, sorted

// The schema of a kind ("Train", "train") with every $ref replaced by what it refers to.
std::optional<nlohmann::ordered_json> find_schema(std::string_view kind);

// The oneOf alternatives of a schema node, or the node alone.
std::vector<const nlohmann::ordered_json*> alternatives(const nlohmann::ordered_json& node);

// A key that a schema node allows, over all its alternatives (and its items, for a list).
struct SchemaKey {
  std::string name;
  const nlohmann::ordered_json* node = nullptr;  // of the first alternative that has it
  bool required = false;                         // whatever the alternative
  std::vector<std::string> values;               // allowed_values over all of them
};
std::vector<SchemaKey> schema_keys(const nlohmann::ordered_json& node);

// The node at a dotted path ("spec.optimizer.lr"; list items need no index), or null. An additionalProperties
// schema answers for any key.
const nlohmann::ordered_json* schema_at(const nlohmann::ordered_json& schema, std::string_view path);

// The texts that enum, const and boolean types allow here: for completion and messages.
std::vector<std::string> allowed_values(const nlohmann::ordered_json& node);

// "number", "text or list of maps": a node's type for people.
std::string type_text(const nlohmann::ordered_json& node);

}  // namespace mlctl
