// Keys that an ECS instance, or a service named by a URL, hands out.

#include <fmt/format.h>

#include "cloud/credentials/alibaba.h"
#include "cloud/credentials/answers.h"
#include "core/base/strings.h"

namespace mlctl::keys {

namespace {
constexpr double kPatience = 1;  // seconds
constexpr const char* kRoot = "http://100.100.100.200/latest/";
}  // namespace

Found alibaba_instance(const Asking& asking, std::string role) {
  if (is_true(asking.env, "ALIBABA_CLOUD_ECS_METADATA_DISABLED")) return std::nullopt;
  const std::string root(kRoot);
  const Result<HttpResponse> token = send(
      asking,
      {"PUT", root + "api/token", {{"x-aliyun-ecs-metadata-token-ttl-seconds", "21600"}}, "", kPatience});
  if (!token) return std::nullopt;
  HttpHeaders session;
  if (token->status == 200) session.emplace_back("x-aliyun-ecs-metadata-token", token->body);
  if (session.empty() && is_true(asking.env, "ALIBABA_CLOUD_IMDSV1_DISABLED"))
    return fail(Exit::auth, fmt::format("the metadata server of this ECS instance gave no token: status {}",
                                        token->status));
  const std::string list = root + "meta-data/ram/security-credentials/";
  if (role.empty()) role = asking.env.get("ALIBABA_CLOUD_ECS_METADATA").value_or("");
  if (role.empty()) {
    const Result<HttpResponse> named = send(asking, {"GET", list, session, "", kPatience});
    if (!named || named->status != 200) return std::nullopt;  // an instance without a role
    role = trim(named->body.substr(0, named->body.find('\n')));
  }
  const std::string who = fmt::format("the metadata server, asked for this ECS instance's role {},", role);
  const HttpResponse response =
      TRY(ask_service(asking, {"GET", list + percent_encode(role, false), session, "", kPatience}, who, {}));
  const Json json = TRY(json_of(response, who));
  if (const std::string code = text_at(json, "Code"); !code.empty() && code != "Success")
    return fail(Exit::auth, fmt::format("{} gave no keys: {}", who, code));
  return TRY(keys_in_json(json, kAlibabaNames, fmt::format("ECS instance role {}", role), who));
}

Result<Credentials> alibaba_url(const Asking& asking, const std::string& url, const std::string& source) {
  const HttpResponse response =
      TRY(ask_service(asking, {"GET", url, {}, "", 5 * kPatience}, "the service of " + source, {}));
  const Json json = TRY(json_of(response, source));
  return keys_in_json(json, kAlibabaNames, source, source);
}

}  // namespace mlctl::keys
