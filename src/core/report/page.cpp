#include "core/report/page.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/base64.h"
#include "core/base/strings.h"
#include "core/report/style.h"

namespace mlctl::report {

namespace {

const char* css_class(Tone tone) {
  static constexpr const char* kNames[] = {"", "good", "warning", "bad"};
  return kNames[static_cast<size_t>(tone)];
}

// The length of the UTF-8 sequence that starts `text`, or 0.
size_t sequence_length(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const size_t length = lead < 0x80 ? 1 : lead < 0xC0 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  return length > 0 && length <= text.size() && is_valid_utf8(text.substr(0, length)) ? length : 0;
}

}  // namespace

std::string escape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const size_t length = sequence_length(text);
    const char c = text.front();
    if (length == 0 || (static_cast<unsigned char>(c) < ' ' && c != '\n' && c != '\t')) {
      out += "\xEF\xBF\xBD";
    } else if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '"') {
      out += "&quot;";
    } else if (c == '\'') {
      out += "&#39;";
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(std::max<size_t>(1, length));
  }
  return out;
}

std::string tiles(const std::vector<Tile>& tiles) {
  std::string html = "<div class=\"tiles\">";
  for (const Tile& tile : tiles) {
    html += fmt::format("<div class=\"tile {}\"><span>{}</span><b>{}</b>", css_class(tile.tone),
                        escape(tile.label), escape(tile.value));
    if (!tile.note.empty()) html += fmt::format("<small>{}</small>", escape(tile.note));
    html += "</div>";
  }
  return html + "</div>\n";
}

std::string table(const Grid& grid) {
  std::string html = "<div class=\"scroll\"><table><thead><tr>";
  for (size_t c = 0; c < grid.header.size(); ++c)
    html += fmt::format("<th{}>{}</th>", c < grid.text_columns ? " class=\"t\"" : "", escape(grid.header[c]));
  html += "</tr></thead><tbody>\n";
  for (const auto& row : grid.rows) {
    html += "<tr>";
    for (size_t c = 0; c < row.size(); ++c) {
      html += fmt::format("<td class=\"{}{}\">{}", c < grid.text_columns ? "t " : "", css_class(row[c].tone),
                          escape(row[c].text));
      if (row[c].share >= 0)
        html +=
            fmt::format("<i><u style=\"width:{:.1f}%\"></u></i>", 100 * std::clamp(row[c].share, 0.0, 1.0));
      html += "</td>";
    }
    html += "</tr>\n";
  }
  return html + "</tbody></table></div>\n";
}

std::string gallery(const std::vector<Picture>& pictures) {
  std::string html = "<div class=\"gallery\">";
  for (const Picture& picture : pictures) {
    // A few hundred bytes of PNG are a small picture: enlarged, its pixels should stay crisp.
    const char* tiny = picture.bytes.size() < 2048 ? " class=\"tiny\"" : "";
    html += fmt::format("<figure class=\"{}\"><img{} alt=\"{}\" src=\"data:{};base64,{}\">",
                        css_class(picture.tone), tiny, escape(picture.caption), picture.media_type,
                        base64_encode(picture.bytes));
    html += fmt::format("<figcaption>{}</figcaption><small>{}</small></figure>\n", escape(picture.caption),
                        escape(picture.note));
  }
  return html + "</div>\n";
}

std::string paragraph(std::string_view text) {
  return fmt::format("<p>{}</p>\n", escape(text));
}

std::string badge(std::string_view text, Tone tone) {
  return fmt::format("<span class=\"badge {}\">{}</span>", css_class(tone), escape(text));
}

std::string folded(std::string_view summary, std::string_view html) {
  return fmt::format("<details><summary>{}</summary>{}</details>\n", escape(summary), html);
}

std::string columns(const std::vector<std::string>& html_blocks) {
  std::string html = "<div class=\"columns\">";
  for (const std::string& block : html_blocks) html += "<div>" + block + "</div>";
  return html + "</div>\n";
}

void Page::section(std::string_view title, std::string_view note, std::string_view html) {
  sections_ += fmt::format("<section><h2>{}</h2>\n", escape(title));
  sections_ += note.empty() ? std::string("<p class=\"note\"></p>")
                            : fmt::format("<p class=\"note\">{}</p>\n", escape(note));
  sections_ += html;
  sections_ += "</section>\n";
}

std::string Page::html() const {
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
      "img-src data:\">\n"
      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
      "<title>{0}</title><style>{2}</style></head>\n<body><main>\n"
      "<header><h1>{0}</h1><p>{1}</p></header>\n<div class=\"lead\">{3}</div>\n{4}"
      "<footer>Written by mlctl.</footer>\n</main></body></html>\n",
      escape(title_), escape(subtitle_), kStyle, lead_, sections_);
}

}  // namespace mlctl::report
