#include "cmd/shell/output.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/base/visible.h"
#include "core/base/width.h"
#include "core/text/json.h"

namespace mlctl {

std::string json_text(const Json& value, int indent) {
  return visible_json(dump_json(value, indent));
}

namespace {
std::vector<std::string> shown_cells(const std::vector<std::string>& row, size_t columns) {
  std::vector<std::string> cells;
  for (size_t c = 0; c < columns; ++c) cells.push_back(visible(row[c]));
  return cells;
}
}  // namespace

std::string render(const Table& table, bool wide) {
  std::vector<size_t> widths;
  return render_page(table, wide, widths);
}

std::string render_page(const Table& table, bool wide, std::vector<size_t>& widths) {
  const size_t columns = wide ? table.header.size() : std::min(table.narrow, table.header.size());
  const bool first = widths.empty();
  widths.resize(columns);
  std::vector<std::vector<std::string>> rows = {shown_cells(table.header, columns)};
  for (const auto& row : table.rows) rows.push_back(shown_cells(row, columns));
  for (const auto& row : rows)
    for (size_t c = 0; c < columns; ++c) widths[c] = std::max(widths[c], display_width(row[c]));
  std::string text;
  const auto add = [&](const std::vector<std::string>& cells) {
    for (size_t c = 0; c < columns; ++c) {
      text += cells[c];
      if (c + 1 < columns) text += std::string(widths[c] - display_width(cells[c]) + 3, ' ');
    }
    text += '\n';
  };
  for (size_t r = first ? 0 : 1; r < rows.size(); ++r) add(rows[r]);
  return text;
}

std::string measured(double value) {
  const bool tiny = value != 0 && std::abs(value) < 0.001;
  return tiny ? fmt::format("{:.4g}", value) : fmt::format("{:.4f}", value);
}

Json document(const std::string& kind, Json fields) {
  Json result = {{"apiVersion", "mlctl.dev/v1"}, {"kind", kind}};
  for (auto& [key, value] : fields.items()) result[key] = std::move(value);
  return result;
}

Json list_document(Json items) {
  return document("List", {{"items", std::move(items)}});
}

Result<> print(Context& context, const Json& document, const std::string& name,
               const std::function<std::string(bool wide)>& human) {
  const std::string& format = context.flags.output;
  if (format.empty() || format == "table" || format == "wide") {
    context.io.out(human(format == "wide"));
  } else if (format == "json") {
    context.io.out_bytes(json_text(document, 2) + "\n");
  } else if (format == "yaml") {
    context.io.out(to_yaml(document));
  } else if (format == "name") {
    context.io.out(name + "\n");
  } else {
    context.io.out(TRY(jsonpath(document, format.substr(std::string("jsonpath=").size()))) + "\n");
  }
  const Result<> written = context.io.written();
  return written || written.error().code == Exit::ok ? Result<>() : written;
}

namespace {

std::string scalar_text(const Json& value) {
  return value.is_string() ? visible(value.get<std::string>()) : json_text(value);
}

// The values that a path such as .items[*].name reaches.
Result<std::vector<const Json*>> follow(const Json& document, std::string_view path) {
  std::vector<const Json*> found = {&document};
  if (path.starts_with('$')) path.remove_prefix(1);
  while (!path.empty()) {
    std::vector<const Json*> next;
    const bool index = path.front() == '[';
    const size_t end = index ? path.find(']') : path.find_first_of(".[", 1);
    if (index && end == std::string_view::npos) return fail(Exit::usage, "jsonpath: \"[\" without \"]\"");
    const std::string key(index ? path.substr(1, end - 1)
                                : path.substr(path.front() == '.', end == std::string_view::npos
                                                                       ? end
                                                                       : end - (path.front() == '.')));
    for (const Json* value : found) {
      if (key.empty()) {
        next.push_back(value);
      } else if (key == "*") {
        for (const Json& item : *value) next.push_back(&item);
      } else if (index && value->is_array()) {
        const Result<int64_t> at = parse_int(key);
        if (!at) return fail(Exit::usage, fmt::format("jsonpath: [{}] is not an index", key));
        if (*at >= 0 && static_cast<size_t>(*at) < value->size())
          next.push_back(&(*value)[static_cast<size_t>(*at)]);
      } else if (value->is_object() && value->contains(key)) {
        next.push_back(&(*value)[key]);
      }
    }
    if (next.empty())
      return fail(Exit::not_found, fmt::format("jsonpath: nothing at \"{}\"", key),
                  "-o json shows the document");
    found = std::move(next);
    path = end == std::string_view::npos ? std::string_view{} : path.substr(index ? end + 1 : end);
  }
  return found;
}

bool plain_yaml(const std::string& text) {
  if (text.empty() || text.front() == ' ' || text.back() == ' ' || visible(text) != text) return false;
  if (text.find_first_of(":#{}[]&*!|>'\"%@`\n\t,") != std::string::npos) return false;
  if (text.front() == '-' || text.front() == '?' || text.front() == '~' || text.front() == '.') return false;
  if (text == "true" || text == "false" || text == "null" || text == "yes" || text == "no" || text == "on" ||
      text == "off")
    return false;
  return !parse_double(text) && !(text.front() >= '0' && text.front() <= '9');
}

std::string yaml_scalar(const Json& value) {
  if (value.is_string() && plain_yaml(value.get<std::string>())) return value.get<std::string>();
  if (value.is_structured()) return value.is_array() ? "[]" : "{}";
  return json_text(value);
}

void append_yaml(std::string& text, const Json& value, size_t depth) {
  const std::string margin(depth * 2, ' ');
  for (auto item = value.begin(); item != value.end(); ++item) {
    const std::string lead = value.is_array() ? margin + "-" : margin + yaml_scalar(Json(item.key())) + ":";
    if (!item->is_structured() || item->empty()) {
      text += lead + " " + yaml_scalar(*item) + "\n";
      continue;
    }
    if (!value.is_array()) {
      text += lead + "\n";
      append_yaml(text, *item, depth + 1);
      continue;
    }
    std::string nested;
    append_yaml(nested, *item, depth + 1);
    text += lead + " " + nested.substr(margin.size() + 2);
  }
}

}  // namespace

Result<std::string> jsonpath(const Json& document, const std::string& expression) {
  std::string text;
  std::string_view rest = expression;
  while (!rest.empty()) {
    const size_t open = rest.find('{');
    text += rest.substr(0, open);
    if (open == std::string_view::npos) break;
    const size_t close = rest.find('}', open);
    if (close == std::string_view::npos) return fail(Exit::usage, "jsonpath: \"{\" without \"}\"");
    std::vector<std::string> values;
    for (const Json* value : TRY(follow(document, rest.substr(open + 1, close - open - 1))))
      values.push_back(scalar_text(*value));
    text += join(values, " ");
    rest.remove_prefix(close + 1);
  }
  return text;
}

std::string to_yaml(const Json& document) {
  if (!document.is_structured() || document.empty()) return yaml_scalar(document) + "\n";
  std::string text;
  append_yaml(text, document, 0);
  return text;
}

}  // namespace mlctl
