#include "core/base/secrets.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "core/base/strings.h"

namespace mlctl {

namespace {

// Parts of parameters' names, in lower case: x-amz-signature, X-Goog-Credential, OSSAccessKeyId,
// security-token. A listing's continuation-token is hidden, too: it is long and says nothing.
constexpr std::array kHidden = {"signature", "credential", "token",   "accesskey", "access_key",
                                "accessid",  "apikey",     "api_key", "secret",    "password"};

constexpr std::string_view kEndOfUrl = " \t\r\n\"'<>`";
constexpr std::string_view kShown = "…";
constexpr std::string_view kExample = "USER:PASSWORD";  // stands in hints, and is nobody's

void hide(std::string& text, size_t begin, size_t end) {
  text.replace(begin, end - begin, kShown);
}

// "http://user:password@host": up to the last @ before the path.
void hide_users(std::string& text) {
  for (size_t at = text.find("://"); at != std::string::npos; at = text.find("://", at)) {
    at += 3;
    const size_t end = std::min(text.find_first_of(kEndOfUrl, at), text.find_first_of("/?#", at));
    const size_t user = std::string_view(text).substr(0, end).rfind('@');
    if (user == std::string::npos || user <= at) continue;
    if (std::string_view(text).substr(at, user - at) != kExample) hide(text, at, user);
  }
}

// The length of a separator ("?", "&", "=" or ";", as it is or as %XX) at a place, else 0. In a store's
// key, a link's parameters are encoded.
size_t separator_at(std::string_view text, size_t at, std::string_view which) {
  if (at >= text.size()) return 0;
  if (which.find(text[at]) != std::string_view::npos) return 1;
  if (text[at] != '%' || at + 2 >= text.size()) return 0;
  unsigned code = 0;
  const auto read = std::from_chars(text.data() + at + 1, text.data() + at + 3, code, 16);
  const bool whole = read.ptr == text.data() + at + 3;
  return whole && which.find(static_cast<char>(code)) != std::string_view::npos ? 3 : 0;
}

// The first place from `at` on where such a separator, or the end of the URL, is.
size_t end_of(std::string_view text, size_t at, std::string_view which) {
  while (at < text.size() && kEndOfUrl.find(text[at]) == std::string_view::npos &&
         separator_at(text, at, which) == 0)
    ++at;
  return at;
}

void hide_parameters(std::string& text) {
  for (size_t at = 0; at < text.size();) {
    const size_t begun = separator_at(text, at, "?&;");
    at += std::max<size_t>(begun, 1);
    if (begun == 0) continue;
    const size_t equals = end_of(text, at, "=&;?#");
    const size_t sign = separator_at(text, equals, "=");
    if (sign == 0 || !is_secret_parameter(std::string_view(text).substr(at, equals - at))) continue;
    hide(text, equals + sign, end_of(text, equals + sign, "&;#"));
  }
}

}  // namespace

bool is_secret_parameter(std::string_view name) {
  const std::string lower = to_lower(name);
  return lower == "sig" || std::any_of(kHidden.begin(), kHidden.end(), [&](const char* part) {
           return lower.find(part) != std::string::npos;
         });
}

std::string without_secrets(std::string text) {
  if (text.find("://") != std::string::npos) hide_users(text);
  if (text.find_first_of("?&;%") != std::string::npos) hide_parameters(text);
  return text;
}

}  // namespace mlctl
