#include "core/net/http.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

namespace mlctl {

std::string_view header(const HttpHeaders& headers, std::string_view lower_case_name) {
  for (const auto& [name, value] : headers) {
    if (name == lower_case_name) return value;
  }
  return {};
}

const char* http_reason(int status) {
  static constexpr std::array<std::pair<int, const char*>, 25> kReasons{{
      {200, "OK"},
      {202, "Accepted"},
      {204, "No Content"},
      {301, "Moved Permanently"},
      {302, "Found"},
      {304, "Not Modified"},
      {400, "Bad Request"},
      {401, "Unauthorized"},
      {403, "Forbidden"},
      {404, "Not Found"},
      {405, "Method Not Allowed"},
      {408, "Request Timeout"},
      {409, "Conflict"},
      {411, "Length Required"},
      {413, "Content Too Large"},
      {415, "Unsupported Media Type"},
      {417, "Expectation Failed"},
      {422, "Unprocessable Content"},
      {429, "Too Many Requests"},
      {431, "Request Header Fields Too Large"},
      {500, "Internal Server Error"},
      {501, "Not Implemented"},
      {503, "Service Unavailable"},
      {504, "Gateway Timeout"},
      {505, "HTTP Version Not Supported"},
  }};
  const auto* const found = std::find_if(kReasons.begin(), kReasons.end(),
                                         [&](const auto& entry) { return entry.first == status; });
  return found == kReasons.end() ? "Status" : found->second;
}

namespace {

// RFC 9110, "Tokens".
bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}

}  // namespace

Result<> check_sendable(std::string_view method, std::string_view target, const HttpHeaders& headers) {
  const bool spaced = target.find(' ') != std::string_view::npos;
  if (!is_token(method) || target.empty() || spaced || std::any_of(target.begin(), target.end(), is_control))
    return fail(Exit::usage, "a blank or a control character stands in the URL", "write it as %XX");
  for (const auto& [name, value] : headers) {
    const auto harmful = [](char c) { return c != '\t' && is_control(c); };
    if (is_token(name) && std::none_of(value.begin(), value.end(), harmful)) continue;
    return fail(Exit::usage, fmt::format("a control character stands in the header {}", name),
                "check the value that was given for it");
  }
  return {};
}

Result<std::string> percent_decode(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      decoded += text[at];
      continue;
    }
    unsigned value = 0;
    const char* const begin = text.data() + at + 1;
    const bool whole = at + 2 < text.size();
    if (!whole || std::from_chars(begin, begin + 2, value, 16).ptr != begin + 2 || value == 0) {
      return fail(Exit::usage, fmt::format("broken percent escape in \"{}\"", text));
    }
    decoded += static_cast<char>(value);
    at += 2;
  }
  return decoded;
}

Result<Url> parse_url(const std::string& text) {
  Url url;
  const size_t scheme_end = text.find("://");
  if (scheme_end != std::string::npos) url.scheme = text.substr(0, scheme_end);
  if (url.scheme != "http" && url.scheme != "https") {
    return fail(Exit::usage, fmt::format("not an http(s) URL: {}", text), "write http://HOST:PORT");
  }
  const size_t begin = scheme_end + 3;
  const size_t end = std::min(text.find_first_of("/?#", begin), text.size());
  std::string authority = text.substr(begin, end - begin);
  if (authority.find('@') != std::string::npos) {
    return fail(Exit::usage, "a URL with a user name or password is not supported",
                "give the token with --token-file");
  }
  const size_t bracket = authority.starts_with('[') ? authority.find(']') : std::string::npos;
  const size_t colon = authority.find(':', bracket == std::string::npos ? 0 : bracket);
  url.port =
      colon == std::string::npos ? (url.scheme == "https" ? "443" : "80") : authority.substr(colon + 1);
  url.host = authority.substr(0, colon);
  if (bracket != std::string::npos) url.host = authority.substr(1, bracket - 1);
  const bool digits = !url.port.empty() && url.port.find_first_not_of("0123456789") == std::string::npos;
  if (url.host.empty() || !digits || url.port.size() > 5) {
    return fail(Exit::usage, fmt::format("URL without a proper host and port: {}", text));
  }
  url.target = text.substr(end, text.find('#', end) - end);
  if (!url.target.starts_with('/')) url.target.insert(0, "/");
  return url;
}

}  // namespace mlctl
