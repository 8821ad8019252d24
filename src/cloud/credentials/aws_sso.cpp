#include "cloud/credentials/aws_sso.h"

#include <openssl/sha.h>

#include <algorithm>

#include <fmt/format.h>

#include "cloud/credentials/answers.h"
#include "cloud/sign/request.h"
#include "core/sys/fs.h"
#include "core/text/json.h"

namespace mlctl::keys {

namespace {

struct Session {
  std::string name;  // of the sso_session; "" for a profile of the old kind
  std::string start_url, region;
  std::filesystem::path cache;
};

Error lacks(const AwsProfile& profile, const char* key) {
  return {Exit::auth,
          fmt::format("{} uses SSO, but has no {}", profile.place, key),
          {},
          fmt::format("aws configure sso --profile {}", profile.name),
          {}};
}

Error log_in_again(const AwsProfile& profile, const char* why) {
  return {Exit::auth,
          fmt::format("the SSO session of {} {}", profile.place, why),
          {},
          fmt::format("aws sso login --profile {}", profile.name),
          {}};
}

std::string sha1_hex(const std::string& text) {
  unsigned char sum[SHA_DIGEST_LENGTH];
  SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), sum);
  return hex({reinterpret_cast<const char*>(sum), sizeof sum});
}

Result<Session> session_of(const Asking& asking, const AwsFiles& files, const AwsProfile& profile) {
  Session session{value_of(profile.settings, "sso_session"),
                  value_of(profile.settings, "sso_start_url"),
                  value_of(profile.settings, "sso_region"),
                  {}};
  if (!session.name.empty()) {
    const IniSection* const named = files.sso_session(session.name);
    if (named == nullptr)
      return fail(Exit::auth, fmt::format("{} names the sso-session {}, which is not there", profile.place,
                                          session.name));
    session.start_url = value_of(*named, "sso_start_url");
    session.region = value_of(*named, "sso_region");
  }
  if (session.start_url.empty()) return fail(lacks(profile, "sso_start_url"));
  if (session.region.empty()) return fail(lacks(profile, "sso_region"));
  const std::string key = sha1_hex(session.name.empty() ? session.start_url : session.name);
  session.cache = file_named(asking.env, nullptr, ".aws/sso/cache/" + key + ".json");
  return session;
}

std::string service_url(const Session& session, const char* service) {
  const char* const end = session.region.starts_with("cn-") ? ".cn" : "";
  return fmt::format("https://{}.{}.amazonaws.com{}", service, session.region, end);
}

// A session's token can be renewed without the user for as long as its client is registered. The refresh
// token changes with each use, so the new one is saved where aws finds it, too.
Result<Json> renewed(const Asking& asking, const AwsProfile& profile, const Session& session, Json kept) {
  const int64_t now = asking.clock.unix_millis();
  const std::string refresh = text_at(kept, "refreshToken");
  if (refresh.empty() || parse_time(text_at(kept, "registrationExpiresAt")) <= now)
    return fail(log_in_again(profile, "has expired"));
  const Json body = {{"grantType", "refresh_token"},
                     {"clientId", text_at(kept, "clientId")},
                     {"clientSecret", text_at(kept, "clientSecret")},
                     {"refreshToken", refresh}};
  const Result<HttpResponse> response =
      ask_service(asking,
                  {"POST",
                   service_url(session, "oidc") + "/token",
                   {{"content-type", "application/json"}},
                   dump_json(body)},
                  "IAM Identity Center", {refresh, text_at(kept, "clientSecret")});
  if (!response && response.error().code == Exit::auth) return fail(log_in_again(profile, "has ended"));
  if (!response) return fail(response.error());
  const Json fresh = TRY(json_of(*response, "IAM Identity Center"));
  kept["accessToken"] = text_at(fresh, "accessToken");
  constexpr int64_t kYear = 365 * 86'400;
  const int64_t lifetime = std::min(time_at(fresh, "expiresIn"), kYear);
  kept["expiresAt"] = sys::rfc3339((now / 1000 + lifetime) * 1000).substr(0, 19) + "Z";
  if (!text_at(fresh, "refreshToken").empty()) kept["refreshToken"] = text_at(fresh, "refreshToken");
  TRY(sys::write_file(session.cache, dump_json(kept), 0600));
  return kept;
}

Result<std::string> access_token(const Asking& asking, const AwsProfile& profile, const Session& session) {
  const Result<std::string> text = sys::read_file(session.cache, 1u << 20);
  if (!text) return fail(log_in_again(profile, "has not begun"));
  Json kept = json_or_discarded(*text);
  if (!kept.is_object() || text_at(kept, "accessToken").empty())
    return fail(log_in_again(profile, ("is broken in " + session.cache.string()).c_str()));
  constexpr int64_t kEarly = 60'000;  // milliseconds
  if (parse_time(text_at(kept, "expiresAt")) <= asking.clock.unix_millis() + kEarly)
    kept = TRY(renewed(asking, profile, session, std::move(kept)));
  return text_at(kept, "accessToken");
}

}  // namespace

bool uses_sso(const AwsProfile& profile) {
  return !value_of(profile.settings, "sso_session").empty() ||
         !value_of(profile.settings, "sso_start_url").empty();
}

Result<Credentials> sso_keys(const Asking& asking, const AwsFiles& files, const AwsProfile& profile) {
  const std::string account = value_of(profile.settings, "sso_account_id");
  const std::string role = value_of(profile.settings, "sso_role_name");
  if (account.empty()) return fail(lacks(profile, "sso_account_id"));
  if (role.empty()) return fail(lacks(profile, "sso_role_name"));
  const Session session = TRY(session_of(asking, files, profile));
  const std::string token = TRY(access_token(asking, profile, session));
  const std::string query = wire_query({{"role_name", role}, {"account_id", account}});
  const Result<HttpResponse> response =
      ask_service(asking,
                  {"GET",
                   service_url(session, "portal.sso") + "/federation/credentials?" + query,
                   {{"x-amz-sso_bearer_token", token}}},
                  fmt::format("IAM Identity Center, asked for the role {} of account {} by {},", role,
                              account, profile.place),
                  {token});
  if (!response) return fail(response.error());
  const Json json = TRY(json_of(*response, "IAM Identity Center"));
  const auto keys = json.find("roleCredentials");
  return keys_in_json(keys == json.end() ? Json::object() : *keys,
                      {"accessKeyId", "secretAccessKey", "sessionToken", "expiration"},
                      fmt::format("SSO role {}, {}", role, profile.place), "IAM Identity Center");
}

}  // namespace mlctl::keys
