#pragma once
// Reads the answers of token services and metadata servers. No error made here quotes an answer that may
// hold a secret.

#include <string>
#include <vector>

#include "cloud/credentials/asking.h"
#include "core/text/json.h"

namespace mlctl::keys {

using Json = nlohmann::ordered_json;

std::string text_at(const Json& object, const char* key);  // "" when absent or no string
// A count of seconds or milliseconds; 0 when absent, no number, negative, or past the year 9999.
int64_t time_at(const Json& object, const char* key);

// Sends a request, and once more when it failed on the way or through the server's fault.
Result<HttpResponse> send(const Asking& asking, const Http::Call& call);

// Sends a form or JSON to a token service. Any status but 2xx → 4 (5xx → 9) with the service's own code and
// message, in which `secrets` are blotted out.
Result<HttpResponse> ask_service(const Asking& asking, const Http::Call& call, const std::string& who,
                                 const std::vector<std::string>& secrets);
Result<Json> json_of(const HttpResponse& response, const std::string& who);

// "2026-01-31T12:00:00Z", also with a fraction (left out) or "+08:00", → Unix milliseconds; else 0.
int64_t parse_time(const std::string& text);

struct KeyNames {
  const char *id, *secret, *token, *expires;
};
inline constexpr KeyNames kAwsNames = {"AccessKeyId", "SecretAccessKey", "Token", "Expiration"};
inline constexpr KeyNames kAlibabaNames = {"AccessKeyId", "AccessKeySecret", "SecurityToken", "Expiration"};
// The keys in an answer; none, or an expiry that is no time → 4. `source`: where the keys come from, for
// people; `who`: who answered.
Result<Credentials> keys_in_json(const Json& json, const KeyNames& names, const std::string& source,
                                 const std::string& who);

// The text of a token's file, trimmed; absent, empty, or of more than one line → 4.
Result<std::string> read_token(const std::filesystem::path& path, const std::string& named_by);

}  // namespace mlctl::keys
