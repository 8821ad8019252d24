#pragma once
// YAML 1.2 (core schema) with the position of every key and value. Stricter than yaml-cpp's own tree:
// duplicate keys are errors, `010` is ten, `yes` is a text, and the caps below bound time and memory whatever
// the input.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "core/base/result.h"
#include "core/text/source.h"

namespace mlctl {

enum class YamlKind { null, boolean, integer, number, text, list, map };
const char* name(YamlKind kind);  // "a text", "a map", … as messages say it

struct YamlKey {
  std::string name;
  TextPlace place;
};

struct YamlNode {
  YamlKind kind = YamlKind::null;
  bool quoted = false;            // the scalar stood in quotes (or was a block scalar): always a text
  bool from_environment = false;  // holds an expanded ${env:NAME}
  std::string text;               // the scalar as written
  TextPlace place;                // of the value; a missing value has its key's
  std::vector<YamlKey> keys;      // map: as many as items, in the order of the file
  std::vector<YamlNode> items;    // list, map

  const YamlNode* find(std::string_view key) const;  // map: the value of a key, or null
};

// The documents of a text, empty ones left out. Errors are Exit::manifest with `where` NAME:LINE:COLUMN and
// the caret lines in `detail`.
Result<std::vector<YamlNode>> parse_yaml(const Source& source, int source_index = 0);

// What a plain (unquoted) scalar is by the core schema.
YamlKind plain_kind(std::string_view text);
// Values of scalars of the kinds integer and number; decimal, 0x and 0o. Out of int64's range → error.
Result<int64_t> yaml_integer(std::string_view text);
Result<double> yaml_number(std::string_view text);

nlohmann::ordered_json to_json(const YamlNode& node);

}  // namespace mlctl
