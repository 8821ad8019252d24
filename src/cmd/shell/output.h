#pragma once
// The one printer of results: a command builds a document (and, for people, a table), and -o chooses the
// form.

#include <functional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "cmd/shell/context.h"

namespace mlctl {

using Json = nlohmann::ordered_json;  // keys keep the order they were given in

// JSON as it is printed: bytes that are not UTF-8 are replaced, control characters escaped by JSON's rules.
std::string json_text(const Json& value, int indent = -1);

struct Table {
  std::vector<std::string> header;  // "NAME", "STATUS", …; columns after `narrow` only with -o wide
  std::vector<std::vector<std::string>> rows;
  size_t narrow = 99;
};
// Cells may hold foreign text: each is made one harmless line.
std::string render(const Table& table, bool wide);
// The same, page by page: `widths` is empty before the first one, and carries them on to the next.
std::string render_page(const Table& table, bool wide, std::vector<size_t>& widths);

// A measured number for people: 0.9135, or 2.138e-05 where four decimals would show nothing of it.
std::string measured(double value);

// {"apiVersion":"mlctl.dev/v1","kind":KIND, …fields}
Json document(const std::string& kind, Json fields);
// {"apiVersion":…,"kind":"List","items":[…]}
Json list_document(Json items);

// Prints one document: `human` for no -o (and table/wide), else JSON, YAML, the name, or a jsonpath.
// `name` is what -o name prints, e.g. "model/fashion".
Result<> print(Context& context, const Json& document, const std::string& name,
               const std::function<std::string(bool wide)>& human);

// The subset of kubectl's jsonpath: {.a.b[0].c}, {.items[*].name}, literal text between the braces.
Result<std::string> jsonpath(const Json& document, const std::string& expression);
std::string to_yaml(const Json& document);

}  // namespace mlctl
