#include "core/eval/example_views.h"

#include <algorithm>
#include <string_view>

namespace mlctl::report {

namespace {

constexpr size_t kAsItIs = 24 << 10;  // bytes
constexpr int64_t kSide = 160;        // pixels
constexpr size_t kColumns = 12;
constexpr size_t kTextBytes = 600;

// What browsers show, told by content; "" for anything else.
const char* media_type(std::string_view bytes) {
  if (bytes.starts_with("\x89PNG")) return "image/png";
  if (bytes.starts_with("\xFF\xD8")) return "image/jpeg";
  if (bytes.starts_with("RIFF") && bytes.substr(0, 12).ends_with("WEBP")) return "image/webp";
  return "";
}

std::string shortened(std::string text) {
  if (text.size() <= kTextBytes) return text;
  size_t end = kTextBytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end) + " …";
}

// The columns to show beside the verdict: inputs, in the order of the schema.
std::vector<size_t> shown_columns(const Dataset& dataset) {
  std::vector<size_t> shown;
  if (dataset.kind == DatasetKind::text) return shown;
  for (size_t c = 0; c < dataset.columns.size() && shown.size() < kColumns; ++c) {
    const Role role = dataset.columns[c].role;
    if (role == Role::feature || role == Role::user || role == Role::item) shown.push_back(c);
  }
  return shown;
}

}  // namespace

Picture thumbnail(const std::string& encoded) {
  const char* type = media_type(encoded);
  if (*type != '\0' && encoded.size() <= kAsItIs) return {type, encoded, {}};
  Result<Pixels> pixels = decode_image(encoded);
  if (!pixels) return {"image/png", encode_png({1, 1, 1, {128}}), {}};
  const int64_t longest = std::max(pixels->width, pixels->height);
  if (longest > kSide)
    *pixels = resize(*pixels, std::max<int64_t>(1, pixels->width * kSide / longest),
                     std::max<int64_t>(1, pixels->height * kSide / longest));
  return {"image/png", encode_png(*pixels), {}};
}

std::string mistakes_table(const EvalReport& report,
                           const std::function<std::vector<Cell>(const Mistake&)>& verdict) {
  const Findings& findings = *report.findings;
  const std::vector<size_t> shown = shown_columns(*report.dataset);
  const bool text = report.dataset->kind == DatasetKind::text;
  Grid grid{{"example", "truth", "said", findings.classes ? "certainty" : "error"}, {}, 64};
  if (text) grid.header.push_back("text");
  for (const size_t column : shown) grid.header.push_back(report.dataset->columns[column].name);
  for (size_t k = 0; k < report.examples.size() && k < findings.worst.size(); ++k) {
    const Example& example = report.examples[k];
    std::vector<Cell> row = {example.key};
    for (Cell& cell : verdict(findings.worst[k])) row.push_back(std::move(cell));
    if (text) row.push_back(shortened(example.text));
    for (const size_t column : shown)
      row.push_back(column < example.fields.size() ? shortened(example.fields[column]) : "");
    grid.rows.push_back(std::move(row));
  }
  return table(grid);
}

}  // namespace mlctl::report
