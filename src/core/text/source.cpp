#include "core/text/source.h"

#include <algorithm>

#include <fmt/format.h>
#include <utf8proc.h>

#include "core/base/strings.h"

namespace mlctl {

namespace {

constexpr size_t kShown = 96;  // columns of a long line that are printed

std::string_view line_of(std::string_view text, int line) {
  for (int at = 1; at < line; ++at) {
    const size_t end = text.find('\n');
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
  text = text.substr(0, text.find('\n'));
  return text.ends_with('\r') ? text.substr(0, text.size() - 1) : text;
}

struct Glyph {
  std::string text;
  size_t width = 1;
};

// The line as printable characters with their terminal widths; tabs become one blank.
std::vector<Glyph> glyphs(std::string_view line) {
  std::vector<Glyph> result;
  while (!line.empty()) {
    utf8proc_int32_t point = 0;
    const utf8proc_ssize_t used = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(line.data()),
                                                   static_cast<utf8proc_ssize_t>(line.size()), &point);
    const size_t size = used > 0 ? static_cast<size_t>(used) : 1;
    const bool printable = used > 0 && point >= 0x20 && point != 0x7f;
    const int width = printable ? utf8proc_charwidth(point) : 1;
    result.push_back({printable ? std::string(line.substr(0, size)) : (point == '\t' ? " " : "?"),
                      static_cast<size_t>(std::max(width, 0))});
    line.remove_prefix(size);
  }
  return result;
}

}  // namespace

std::string place_text(const Source& source, TextPlace place) {
  return place.line == 0 ? source.name : fmt::format("{}:{}:{}", source.name, place.line, place.column);
}

std::string caret_lines(const Source& source, TextPlace place) {
  if (place.line == 0) return {};
  const std::vector<Glyph> line = glyphs(line_of(source.text, place.line));
  const size_t column = std::min(static_cast<size_t>(std::max(place.column, 1)) - 1, line.size());
  const size_t begin = column > kShown * 3 / 4 ? column - kShown / 2 : 0;
  const size_t end = std::min(line.size(), begin + kShown);
  const std::string margin = fmt::format("{:>5} | ", place.line);
  std::string shown, under;
  for (size_t at = begin; at < end; ++at) {
    shown += line[at].text;
    if (at < column) under.append(line[at].width, ' ');
  }
  const std::string dots = begin > 0 ? "…" : "";
  return fmt::format("{}{}{}{}\n{:>5} | {}{}^", margin, dots, shown, end < line.size() ? "…" : "", "",
                     begin > 0 ? " " : "", under);
}

}  // namespace mlctl
