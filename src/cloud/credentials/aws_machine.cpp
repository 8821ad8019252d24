// Keys that the machine or container mlctl runs in hands out.

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "cloud/credentials/answers.h"
#include "cloud/credentials/aws.h"
#include "core/base/strings.h"
#include "core/net/local_hosts.h"

namespace mlctl::keys {

namespace {

constexpr double kContainerPatience = 2, kMachinePatience = 1;  // seconds

// Plain http only to what cannot leave the machine (aws-c-auth, credentials_provider_ecs.c).
bool may_ask(const Url& url) {
  static constexpr std::array<std::string_view, 3> kHosts = {"169.254.170.2", "169.254.170.23",
                                                             "fd00:ec2::23"};
  return url.scheme == "https" || is_loopback(url.host) ||
         std::find(kHosts.begin(), kHosts.end(), to_lower(url.host)) != kHosts.end();
}

Result<std::string> authorization(const sys::Env& env) {
  const char* const kFile = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";
  if (const auto file = env.get(kFile)) return read_token(*file, kFile);
  const std::string token = env.get("AWS_CONTAINER_AUTHORIZATION_TOKEN").value_or("");
  if (token.find_first_of("\r\n") != std::string::npos)
    return fail(Exit::auth, "AWS_CONTAINER_AUTHORIZATION_TOKEN has more than one line");
  return token;
}

std::string metadata_root(const sys::Env& env) {
  std::string root = env.get("AWS_EC2_METADATA_SERVICE_ENDPOINT").value_or("");
  if (root.empty())
    root = to_lower(env.get("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE").value_or("")) == "ipv6"
               ? "http://[fd00:ec2::254]"
               : "http://169.254.169.254";
  while (root.ends_with('/')) root.pop_back();
  return root;
}

// Version 2: a session token first. Servers that know only version 1 answer 403, 404 or 405. Nothing: there
// is no metadata server.
Result<std::optional<HttpHeaders>> metadata_session(const Asking& asking, const std::string& root) {
  const Result<HttpResponse> token = send(asking, {"PUT",
                                                   root + "/latest/api/token",
                                                   {{"x-aws-ec2-metadata-token-ttl-seconds", "21600"}},
                                                   "",
                                                   kMachinePatience});
  if (!token || token->status == 400) return std::nullopt;
  if (token->status == 200) return HttpHeaders{{"x-aws-ec2-metadata-token", token->body}};
  if (is_true(asking.env, "AWS_EC2_METADATA_V1_DISABLED") || token->status >= 500)
    return fail(
        Exit::auth,
        fmt::format("the metadata server of this EC2 instance gave no session: status {}", token->status),
        "set AWS_EC2_METADATA_DISABLED=true to leave it out");
  return HttpHeaders{};
}

}  // namespace

Found aws_container(const Asking& asking) {
  const char* const kFull = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
  const char* const kRelative = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
  const auto relative = asking.env.get(kRelative), full = asking.env.get(kFull);
  if (!relative && !full) return std::nullopt;
  const char* const name = relative ? kRelative : kFull;
  const std::string address = relative ? "http://169.254.170.2" + *relative : *full;
  const Result<Url> url = parse_url(address);
  if (!url || !may_ask(*url))
    return fail(Exit::auth,
                fmt::format("{} is neither https nor an address of this machine: {}", name, address),
                "use https, 127.0.0.1, 169.254.170.2, 169.254.170.23 or [fd00:ec2::23]");
  Http::Call call{"GET", address, {{"accept", "application/json"}}, "", kContainerPatience};
  const std::string token = TRY(authorization(asking.env));
  if (!token.empty()) call.headers.emplace_back("authorization", token);
  const std::string who = fmt::format("the container's {}", name);
  const HttpResponse response = TRY(ask_service(asking, call, who, {token}));
  const Json json = TRY(json_of(response, who));
  return TRY(keys_in_json(json, kAwsNames, fmt::format("container ({})", name), who));
}

Found aws_instance(const Asking& asking) {
  if (is_true(asking.env, "AWS_EC2_METADATA_DISABLED")) return std::nullopt;
  const std::string root = metadata_root(asking.env);
  const std::optional<HttpHeaders> session = TRY(metadata_session(asking, root));
  if (!session) return std::nullopt;
  const std::string list = root + "/latest/meta-data/iam/security-credentials/";
  const Result<HttpResponse> named = send(asking, {"GET", list, *session, "", kMachinePatience});
  if (!named || named->status != 200) return std::nullopt;  // an instance without a role
  const std::string role(trim(named->body.substr(0, named->body.find('\n'))));
  if (role.empty()) return std::nullopt;
  const std::string who = fmt::format("the metadata server, asked for this EC2 instance's role {},", role);
  const HttpResponse response = TRY(ask_service(
      asking, {"GET", list + percent_encode(role, true), *session, "", kMachinePatience}, who, {}));
  const Json json = TRY(json_of(response, who));
  if (const std::string code = text_at(json, "Code"); !code.empty() && code != "Success")
    return fail(Exit::auth, fmt::format("{} gave no keys: {}", who, code));
  return TRY(keys_in_json(json, kAwsNames, fmt::format("EC2 instance role {}", role), who));
}

}  // namespace mlctl::keys
