#include "cmd/shell/manifest_values.h"

#include <algorithm>

#include "core/base/strings.h"
#include "core/manifest/schema.h"
#include "core/sys/fs.h"

namespace mlctl {

namespace {

using Json = nlohmann::ordered_json;

std::string description(const Json& node) {
  const std::string text = node.is_object() ? node.value("description", "") : "";
  return text.empty() && node.is_object() ? type_text(node) : text;
}

bool takes_scalar(const Json& node) {
  const auto forms = alternatives(node);
  return std::any_of(forms.begin(), forms.end(), [](const Json* form) {
    return form->is_object() && form->value("type", "") != "object" && form->value("type", "") != "array";
  });
}

// The keys below `path` of a schema, each ended by "." where it has keys of its own and by `end` where a
// value follows.
void add_keys(const Json& schema, const std::string& path, const std::string& lead, const char* end,
              Completion& found) {
  const Json* node = path.empty() ? &schema : schema_at(schema, path);
  if (node == nullptr) return;
  for (const SchemaKey& key : schema_keys(*node)) {
    const bool deeper = !schema_keys(*key.node).empty();
    const std::string value = lead + key.name;
    if (!deeper || takes_scalar(*key.node)) found.candidates.push_back({value + end, description(*key.node)});
    if (deeper) found.candidates.push_back({value + ".", description(*key.node)});
  }
}

std::string before_last_dot(const std::string& text) {
  const size_t dot = text.rfind('.');
  return dot == std::string::npos ? "" : text.substr(0, dot);
}

void add_settings(const Json& schema, const std::string& word, Completion& found) {
  const size_t equals = word.find('=');
  if (equals == std::string::npos) {
    const std::string path = before_last_dot(word);
    add_keys(schema, path, path.empty() ? "" : path + ".", "=", found);
    return;
  }
  const Json* node = schema_at(schema, word.substr(0, equals));
  if (node == nullptr) return;
  for (const std::string& value : allowed_values(*node))
    found.candidates.push_back({word.substr(0, equals + 1) + value, ""});
}

}  // namespace

Completion setting_values(const std::string& kind, const std::string& word) {
  Completion found;
  for (const std::string& each : manifest_kinds()) {
    if (!kind.empty() && to_lower(kind) != to_lower(each)) continue;
    if (const auto schema = find_schema(each)) add_settings(*schema, word, found);
  }
  std::sort(found.candidates.begin(), found.candidates.end());
  const auto same = [](const Candidate& a, const Candidate& b) { return a.value == b.value; };
  found.candidates.erase(std::unique(found.candidates.begin(), found.candidates.end(), same),
                         found.candidates.end());
  return found;
}

Completion field_values(const std::string& word) {
  Completion found;
  const size_t dot = word.find('.');
  for (const std::string& kind : manifest_kinds()) {
    const std::string lower = to_lower(kind);
    const auto schema = find_schema(kind);
    if (!schema) continue;
    if (dot == std::string::npos) {
      found.candidates.push_back({lower, description(*schema)});
      found.candidates.push_back({lower + ".", description(*schema)});
    } else if (to_lower(word.substr(0, dot)) == lower) {
      const std::string lead = before_last_dot(word);
      const std::string path = lead.size() > dot ? lead.substr(dot + 1) : "";
      add_keys(*schema, path, lead + ".", "", found);
    }
  }
  return found;
}

std::string manifest_kind(const std::string& command, const std::string& file) {
  if (const auto text = file.empty() ? Result<std::string>("") : sys::read_file(file, 1 << 20)) {
    for (const std::string& line : split(*text, '\n')) {
      if (line.starts_with("kind:")) return std::string(trim(line.substr(5)));
    }
  }
  if (command == "run") return "Pipeline";
  for (const std::string& kind : manifest_kinds()) {
    if (to_lower(kind) == command) return kind;
  }
  return {};
}

}  // namespace mlctl
