#include "cloud/credentials/answers.h"

#include <algorithm>
#include <cstdlib>

#include <fmt/format.h>
#include <pugixml.hpp>

#include "cloud/store/xml.h"
#include "core/base/strings.h"
#include "core/sys/fs.h"
#include "core/text/json.h"

namespace mlctl::keys {

namespace {

constexpr double kPause = 0.2;  // seconds before the second try
constexpr size_t kLongestMessage = 300;

bool is_passing(int status) {
  return status == 429 || status >= 500;
}

struct Said {
  std::string code, message;
};

std::string first_text(const Json& object, std::initializer_list<const char*> keys) {
  for (const char* key : keys)
    if (std::string text = text_at(object, key); !text.empty()) return text;
  return {};
}

// STS says <ErrorResponse><Error><Code>, Alibaba {"Code", "Message"}, OAuth {"error", "error_description"}.
Said said(const std::string& body) {
  pugi::xml_document document;
  if (document.load_buffer(body.data(), body.size())) {
    const pugi::xml_node root = document.document_element();
    const pugi::xml_node error = root.child("Error") ? root.child("Error") : root;
    return {error.child("Code").text().get(), error.child("Message").text().get()};
  }
  const Json json = json_or_discarded(body);
  return {first_text(json, {"Code", "code", "__type", "error"}),
          first_text(json, {"Message", "message", "error_description"})};
}

// A service may quote the request it refuses.
std::string blotted(std::string text, const std::vector<std::string>& secrets) {
  for (const std::string& secret : secrets) {
    if (secret.empty()) continue;
    for (size_t at = text.find(secret); at != std::string::npos; at = text.find(secret, at + 3))
      text.replace(at, secret.size(), "***");
  }
  text = text.substr(0, text.find('\n'));
  if (text.size() > kLongestMessage) text = text.substr(0, kLongestMessage) + "…";
  return text;
}

Error refusal(const HttpResponse& response, const std::string& who, const std::vector<std::string>& secrets) {
  const Said said_so = said(response.body);
  std::string why = fmt::format("status {}", response.status);
  if (!said_so.code.empty()) why = said_so.code;
  if (!said_so.message.empty()) why += ": " + said_so.message;
  return {is_passing(response.status) ? Exit::network : Exit::auth,
          fmt::format("{} gave no keys: {}", who, blotted(why, secrets)),
          {},
          {},
          {}};
}

}  // namespace

std::string text_at(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

int64_t time_at(const Json& object, const char* key) {
  constexpr double kMost = 253'402'300'800'000;  // milliseconds: 10000-01-01
  const auto found = object.find(key);
  const double value = found != object.end() && found->is_number() ? found->get<double>() : 0;
  return value > 0 && value < kMost ? static_cast<int64_t>(value) : 0;
}

Result<HttpResponse> send(const Asking& asking, const Http::Call& call) {
  Result<HttpResponse> response = asking.http.send(call);
  if (response && !is_passing(response->status)) return response;
  asking.clock.sleep(kPause);
  return asking.http.send(call);
}

Result<HttpResponse> ask_service(const Asking& asking, const Http::Call& call, const std::string& who,
                                 const std::vector<std::string>& secrets) {
  Result<HttpResponse> response = send(asking, call);
  if (!response) {
    Error error = response.error();
    error.message = fmt::format("{} gave no keys: {}", who, error.message);
    return fail(std::move(error));
  }
  if (response->status / 100 != 2) return fail(refusal(*response, who, secrets));
  return response;
}

Result<Json> json_of(const HttpResponse& response, const std::string& who) {
  Json json = json_or_discarded(response.body);
  if (!json.is_object())
    return fail(Exit::auth, fmt::format("{} answered with something else than keys", who));
  return json;
}

int64_t parse_time(const std::string& text) {
  const int64_t millis = parse_xml_time(text.substr(0, 19));  // seconds will do: fractions come in any length
  const size_t sign = text.find_first_of("+-", std::min<size_t>(text.size(), 19));
  if (millis == 0 || sign == std::string::npos || text.size() < sign + 6) return millis;
  const int64_t hours = std::atoi(text.substr(sign + 1, 2).c_str());
  const int64_t minutes = std::atoi(text.substr(sign + 4, 2).c_str());
  return millis - (text[sign] == '-' ? -1 : 1) * (hours * 60 + minutes) * 60'000;
}

Result<Credentials> keys_in_json(const Json& json, const KeyNames& names, const std::string& source,
                                 const std::string& who) {
  Credentials keys{text_at(json, names.id), text_at(json, names.secret), text_at(json, names.token), 0,
                   source};
  if (keys.id.empty() || keys.secret.empty())
    return fail(Exit::auth, fmt::format("{} answered without {} and {}", who, names.id, names.secret));
  const auto expires = json.find(names.expires);
  if (expires == json.end() || expires->is_null()) return keys;
  keys.expires_millis =
      expires->is_number() ? time_at(json, names.expires) : parse_time(text_at(json, names.expires));
  if (keys.expires_millis <= 0)
    return fail(Exit::auth, fmt::format("{} answered with an {} that is no time", who, names.expires));
  return keys;
}

Result<std::string> read_token(const std::filesystem::path& path, const std::string& named_by) {
  const Result<std::string> text = sys::read_input(path, 1u << 20);
  if (!text)
    return fail(Exit::auth, fmt::format("{}: {}", named_by, text.error().message), text.error().hint);
  std::string token(trim(*text));
  if (token.empty() || token.find_first_of("\r\n") != std::string::npos)
    return fail(Exit::auth, fmt::format("{}: {} does not hold one token", named_by, path.string()));
  return token;
}

}  // namespace mlctl::keys
