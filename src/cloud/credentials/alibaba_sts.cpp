#include "cloud/credentials/alibaba_sts.h"

#include <algorithm>
#include <random>

#include <fmt/format.h>

#include "cloud/credentials/answers.h"
#include "cloud/sign/request.h"
#include "core/base/base64.h"

namespace mlctl::keys {

namespace {

// A call with the same nonce is refused as a replay.
std::string nonce() {
  std::random_device device;
  return fmt::format("{:08x}{:08x}{:08x}{:08x}", device(), device(), device(), device());
}

QueryItems items_of(const Asking& asking, const char* action, const RamRole& role) {
  const int64_t seconds = asking.clock.unix_millis() / 1000;
  QueryItems items = {
      {"Action", action},
      {"Version", "2015-04-01"},
      {"Format", "JSON"},
      {"Timestamp", sys::rfc3339(seconds * 1000).substr(0, 19) + "Z"},
      {"SignatureNonce", nonce()},
      {"RoleArn", role.arn},
      {"RoleSessionName", role.session.empty() ? fmt::format("mlctl-{}", seconds) : role.session},
      {"DurationSeconds", role.duration.empty() ? "3600" : role.duration}};
  if (!role.policy.empty()) items.emplace_back("Policy", role.policy);
  if (!role.external_id.empty()) items.emplace_back("ExternalId", role.external_id);
  return items;
}

Result<Credentials> ask_sts(const Asking& asking, const RamRole& role, const QueryItems& items,
                            const std::vector<std::string>& secrets, const std::string& source) {
  const std::string who = fmt::format("Alibaba Cloud's STS, asked for the role {} by {},", role.arn, source);
  const HttpResponse response = TRY(ask_service(
      asking,
      {"POST", role.endpoint, {{"content-type", "application/x-www-form-urlencoded"}}, wire_query(items)},
      who, secrets));
  const Json json = TRY(json_of(response, who));
  const auto keys = json.find("Credentials");
  return keys_in_json(keys == json.end() ? Json::object() : *keys, kAlibabaNames, source, who);
}

}  // namespace

std::string alibaba_sts_endpoint(const std::string& region, bool inside) {
  if (region.empty()) return "https://sts.aliyuncs.com";
  return fmt::format("https://{}.{}.aliyuncs.com", inside ? "sts-vpc" : "sts", region);
}

std::string rpc_signature(const std::string& method, QueryItems items, const std::string& secret) {
  std::sort(items.begin(), items.end());
  return base64_encode(hmac_sha1(secret + "&", method + "&%2F&" + percent_encode(wire_query(items), false)));
}

Result<Credentials> assume_ram_role(const Asking& asking, const RamRole& role, const Credentials& from,
                                    const std::string& source) {
  QueryItems items = items_of(asking, "AssumeRole", role);
  items.emplace_back("SignatureMethod", "HMAC-SHA1");
  items.emplace_back("SignatureVersion", "1.0");
  items.emplace_back("AccessKeyId", from.id);
  if (!from.token.empty()) items.emplace_back("SecurityToken", from.token);
  items.emplace_back("Signature", rpc_signature("POST", items, from.secret));
  return ask_sts(asking, role, items, {from.secret, from.token}, source);
}

Result<Credentials> assume_ram_role_with_token(const Asking& asking, const RamRole& role,
                                               const std::string& provider_arn, const std::string& token,
                                               const std::string& source) {
  QueryItems items = items_of(asking, "AssumeRoleWithOIDC", role);
  items.emplace_back("OIDCProviderArn", provider_arn);
  items.emplace_back("OIDCToken", token);
  return ask_sts(asking, role, items, {token}, source);
}

}  // namespace mlctl::keys
