#include "core/base/secrets.h"

#include <algorithm>
#include <array>

#include "core/base/strings.h"

namespace mlctl {

namespace {

// Parts of names, in lower case: x-amz-signature, X-Goog-Credential, OSSAccessKeyId, security-token, a
// listing's continuation-token, which is long and says nothing.
constexpr std::array kHidden = {"signature", "credential", "token",   "accesskey", "access_key",
                                "accessid",  "apikey",     "api_key", "secret",    "password"};

constexpr std::string_view kEndOfUrl = " \t\r\n\"'<>`";
constexpr std::string_view kShown = "…";

void hide(std::string& text, size_t begin, size_t end) {
  text.replace(begin, end - begin, kShown);
}

// "http://user:password@host": up to the last @ before the path.
void hide_users(std::string& text) {
  for (size_t at = text.find("://"); at != std::string::npos; at = text.find("://", at)) {
    at += 3;
    const size_t end = std::min(text.find_first_of(kEndOfUrl, at), text.find_first_of("/?#", at));
    const size_t user = std::string_view(text).substr(0, end).rfind('@');
    if (user != std::string::npos && user > at) hide(text, at, user);
  }
}

void hide_parameters(std::string& text) {
  for (size_t at = text.find_first_of("?&;"); at != std::string::npos; at = text.find_first_of("?&;", at)) {
    const size_t name = ++at;
    const size_t equals = text.find_first_of("=&;?#" + std::string(kEndOfUrl), name);
    if (equals == std::string::npos || text[equals] != '=') continue;
    const size_t end = std::min(text.find_first_of("&;#" + std::string(kEndOfUrl), equals), text.size());
    if (is_secret_parameter(std::string_view(text).substr(name, equals - name))) hide(text, equals + 1, end);
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
  if (text.find('=') != std::string::npos) hide_parameters(text);
  return text;
}

}  // namespace mlctl
