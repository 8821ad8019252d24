#include "core/store/location.h"

#include <cctype>

#include <fmt/format.h>

namespace mlctl {

namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const int letter = std::tolower(static_cast<unsigned char>(c));
  return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

Result<std::string> percent_decoded(const std::string& text, const std::string& url) {
  std::string out;
  for (size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      out += text[at];
      continue;
    }
    const int high = at + 2 < text.size() ? hex_digit(text[at + 1]) : -1;
    const int low = at + 2 < text.size() ? hex_digit(text[at + 2]) : -1;
    if (high < 0 || low < 0 || high + low == 0)
      return fail(Exit::usage, fmt::format("{}: \"%\" must be followed by two hexadecimal digits", url),
                  "write a literal percent sign as %25");
    out += static_cast<char>(high * 16 + low);
    at += 2;
  }
  return out;
}

// The length of "scheme" when the text begins "scheme://", else 0.
size_t scheme_length(const std::string& text) {
  const size_t end = text.find("://");
  if (end == std::string::npos || end == 0) return 0;
  for (size_t at = 0; at < end; ++at) {
    const auto c = static_cast<unsigned char>(text[at]);
    if (std::isalnum(c) == 0 && c != '+' && c != '-' && c != '.') return 0;
  }
  return std::isalpha(static_cast<unsigned char>(text[0])) != 0 ? end : 0;
}

}  // namespace

bool is_stored(const std::string& url_or_path) {
  const Result<Location> location = parse_location(url_or_path);
  return location && location->scheme != "file";
}

bool is_url(const std::string& text) {
  return scheme_length(text) > 0;
}

std::pair<std::string, std::string> split_suffix(const std::string& url) {
  const size_t colon = url.rfind(':');
  const bool named = colon != std::string::npos && colon > scheme_length(url) && colon + 1 < url.size() &&
                     url.find('/', colon) == std::string::npos;
  return named ? std::pair(url.substr(0, colon), url.substr(colon + 1)) : std::pair(url, std::string());
}

Result<Location> parse_location(const std::string& text) {
  if (text.empty()) return fail(Exit::usage, "an empty path");
  const size_t scheme = scheme_length(text);
  if (scheme == 0) return Location{"file", text};
  Location location;
  for (size_t at = 0; at < scheme; ++at)
    location.scheme += static_cast<char>(std::tolower(static_cast<unsigned char>(text[at])));
  location.path = text.substr(scheme + 3);
  if (location.scheme != "file") return location;
  if (location.path.starts_with("localhost/")) location.path.erase(0, 9);
  if (!location.path.starts_with('/'))
    return fail(Exit::usage, fmt::format("{}: a file URL names an absolute path", text),
                fmt::format("write file:///{} or the path itself", location.path));
  location.path = TRY(percent_decoded(location.path, text));
  return location;
}

Result<std::filesystem::path> local_path(const std::string& url_or_path) {
  const Location location = TRY(parse_location(url_or_path));
  if (location.scheme == "file") return std::filesystem::path(location.path);
  return fail(Exit::usage,
              fmt::format("{}: {}:// is not supported yet in this version", url_or_path, location.scheme),
              "use a local path or file://");
}

}  // namespace mlctl
