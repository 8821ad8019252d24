#include "core/base/visible.h"

#include <algorithm>
#include <cstdint>

#include <fmt/format.h>
#include <utf8proc.h>

namespace mlctl {

namespace {

bool is_plain(unsigned char c) {
  return c >= 0x20 && c < 0x7F;
}

// What acts on a terminal or reorders what is read, beyond ASCII: C1 controls, separators of lines and
// paragraphs, embeddings, overrides and isolates of bidirectional text.
bool acts(int32_t code) {
  return (code >= 0x80 && code <= 0x9F) || (code >= 0x2028 && code <= 0x202E) ||
         (code >= 0x2066 && code <= 0x2069);
}

std::string escaped_ascii(unsigned char c) {
  switch (c) {
    case '\n':
      return "\\n";
    case '\t':
      return "\\t";
    case '\r':
      return "\\r";
    default:
      return fmt::format("\\x{:02x}", c);
  }
}

struct Character {
  int32_t code = -1;  // -1: a byte that is no UTF-8
  size_t size = 1;
};

Character first_of(std::string_view text) {
  int32_t code = -1;
  const auto used = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                     static_cast<utf8proc_ssize_t>(text.size()), &code);
  return used > 0 ? Character{code, static_cast<size_t>(used)} : Character{};
}

std::string escape(std::string_view text, bool lines) {
  std::string shown;
  shown.reserve(text.size() + 16);
  while (!text.empty()) {
    const auto c = static_cast<unsigned char>(text.front());
    const Character next = c < 0x80 ? Character{c, 1} : first_of(text);
    if (next.code < 0 || (c < 0x80 && !is_plain(c) && !(lines && (c == '\n' || c == '\t'))))
      shown += escaped_ascii(c);
    else if (acts(next.code))
      shown += fmt::format("\\u{:04x}", next.code);
    else
      shown += text.substr(0, next.size);
    text.remove_prefix(next.size);
  }
  return shown;
}

}  // namespace

std::string visible(std::string_view text) {
  if (std::all_of(text.begin(), text.end(), is_plain)) return std::string(text);
  return escape(text, false);
}

std::string visible_lines(std::string_view text) {
  const auto harmless = [](char c) {
    return is_plain(static_cast<unsigned char>(c)) || c == '\n' || c == '\t';
  };
  if (std::all_of(text.begin(), text.end(), harmless)) return std::string(text);
  return escape(text, true);
}

std::string_view at_most(std::string_view text, size_t bytes) {
  if (text.size() <= bytes) return text;
  while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xC0) == 0x80) --bytes;
  return text.substr(0, bytes);
}

std::string visible_json(std::string dumped) {
  const auto plain = [](unsigned char c) { return c < 0x7F; };
  if (std::all_of(dumped.begin(), dumped.end(), plain)) return dumped;
  std::string shown;
  for (std::string_view rest = dumped; !rest.empty();) {
    const Character next = first_of(rest);
    if (next.code == 0x7F || acts(next.code))
      shown += fmt::format("\\u{:04x}", next.code);
    else
      shown += rest.substr(0, next.size);
    rest.remove_prefix(next.size);
  }
  return shown;
}

}  // namespace mlctl
