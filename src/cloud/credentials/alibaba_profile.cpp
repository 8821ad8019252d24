#include <algorithm>

#include <fmt/format.h>

#include "cloud/credentials/alibaba.h"
#include "cloud/credentials/alibaba_files.h"
#include "cloud/credentials/alibaba_sts.h"
#include "cloud/credentials/process.h"
#include "core/base/strings.h"

namespace mlctl::keys {

namespace {

struct Visit {
  const Asking& asking;
  const AlibabaProfile& profile;
  std::vector<std::string> names;  // of the profiles on the way here
};

Found keys_of(const Visit& visit);

Found own_keys(const Visit& visit) {
  const AlibabaProfile& profile = visit.profile;
  const std::string id = profile.get({"accesskeyid"}), secret = profile.get({"accesskeysecret"});
  if (id.empty() && secret.empty()) return std::nullopt;
  if (id.empty() || secret.empty())
    return fail(Exit::auth, fmt::format("{} has only one of the access key's id and secret", profile.place));
  return Credentials{id, secret, profile.get({"ststoken", "securitytoken"}), 0, profile.place};
}

RamRole role_of(const AlibabaProfile& profile, const sys::Env& env) {
  std::string region = profile.get({"stsregion"});
  if (region.empty()) region = env.get("ALIBABA_CLOUD_STS_REGION").value_or("");
  const bool inside =
      profile.get({"enablevpc"}) == "true" || is_true(env, "ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED");
  return {profile.get({"ramrolearn", "rolearn"}),
          profile.get({"ramsessionname", "rolesessionname"}),
          profile.get({"externalid"}),
          profile.get({"policy"}),
          profile.get({"expiredseconds", "durationseconds", "tokentimeout"}),
          alibaba_sts_endpoint(region, inside)};
}

Found role_by_keys(const Visit& visit) {
  const std::string other = visit.profile.get({"sourceprofile"});
  Found from = std::nullopt;
  if (other.empty()) {
    from = own_keys(visit);
  } else if (std::find(visit.names.begin(), visit.names.end(), other) != visit.names.end()) {
    return fail(Exit::auth, fmt::format("{} is its own source_profile", visit.profile.place));
  } else {
    const AlibabaProfile source = TRY(aliyun_cli_profile(other, visit.asking.env));
    std::vector<std::string> names = visit.names;
    names.push_back(other);
    from = keys_of({visit.asking, source, std::move(names)});
  }
  const std::optional<Credentials> keys = TRY(std::move(from));
  const RamRole role = role_of(visit.profile, visit.asking.env);
  if (!keys || role.arn.empty())
    return fail(Exit::auth, fmt::format("{} is to assume a role, but has no {}", visit.profile.place,
                                        keys ? "ram_role_arn" : "access key"));
  return TRY(
      assume_ram_role(visit.asking, role, *keys, fmt::format("role {}, {}", role.arn, visit.profile.place)));
}

Found role_by_token(const Visit& visit) {
  const AlibabaProfile& profile = visit.profile;
  const RamRole role = role_of(profile, visit.asking.env);
  const std::string provider = profile.get({"oidcproviderarn"}), file = profile.get({"oidctokenfile"});
  if (role.arn.empty() || provider.empty() || file.empty())
    return fail(Exit::auth, fmt::format("{} lacks one of ram_role_arn, oidc_provider_arn and oidc_token_file",
                                        profile.place));
  const std::string token = TRY(read_token(file, profile.place));
  return TRY(assume_ram_role_with_token(visit.asking, role, provider, token,
                                        fmt::format("role {}, {}", role.arn, profile.place)));
}

Found instance_role(const Visit& visit) {
  const std::optional<Credentials> keys =
      TRY(alibaba_instance(visit.asking, visit.profile.get({"ramrolename", "ecsrolename", "rolename"})));
  if (!keys)
    return fail(Exit::auth, fmt::format("{} takes the role of an ECS instance, which this machine is not",
                                        visit.profile.place));
  return keys;
}

Found process_keys(const Visit& visit) {
  const std::string place = "the program of " + visit.profile.place;
  const Json json =
      TRY(json_of_process(visit.asking, visit.profile.get({"processcommand", "credentialprocess"}), place));
  const KeyNames printed = json.contains("access_key_id")
                               ? KeyNames{"access_key_id", "access_key_secret", "sts_token", "expiration"}
                               : kAlibabaNames;
  return TRY(keys_in_json(json, printed, place, place));
}

Found url_keys(const Visit& visit) {
  return TRY(alibaba_url(visit.asking, visit.profile.get({"credentialsuri"}), visit.profile.place));
}

// The names that each file uses for the same few modes.
struct Mode {
  const char* names[3];
  Found (*find)(const Visit&);
};
constexpr Mode kModes[] = {
    {{"AK", "access_key", ""}, own_keys},
    {{"StsToken", "sts", ""}, own_keys},
    {{"RamRoleArn", "ram_role_arn", "ChainableRamRoleArn"}, role_by_keys},
    {{"EcsRamRole", "ecs_ram_role", ""}, instance_role},
    {{"OIDC", "oidc_role_arn", ""}, role_by_token},
    {{"External", "process", ""}, process_keys},
    {{"CredentialsURI", "credentials_uri", ""}, url_keys},
};

Found keys_of(const Visit& visit) {
  const std::string mode = visit.profile.get({"mode", "type"});
  if (mode.empty()) {
    if (!visit.profile.get({"credentialprocess"}).empty()) return process_keys(visit);
    if (!visit.profile.get({"ecsrolename"}).empty()) return instance_role(visit);
    return own_keys(visit);
  }
  for (const Mode& each : kModes)
    for (const char* name : each.names)
      if (*name != 0 && to_lower(mode) == to_lower(name)) return each.find(visit);
  return fail(Exit::auth, fmt::format("{}: mlctl cannot use the mode {}", visit.profile.place, mode),
              "use AK, StsToken, RamRoleArn, EcsRamRole, OIDC, External or CredentialsURI");
}

}  // namespace

Found alibaba_profile(const Asking& asking) {
  const std::optional<AlibabaProfile> profile = TRY(alibaba_file_profile(asking.profile, asking.env));
  if (!profile) return std::nullopt;
  return keys_of({asking, *profile, {profile->name}});
}

Result<ProfileSettings> alibaba_settings(const std::string& profile, const sys::Env& env) {
  ProfileSettings settings;
  if (const auto found = TRY(alibaba_file_profile(profile, env)))
    settings = {found->get({"regionid", "region"}), found->get({"endpoint"})};
  const OssutilPlace place = TRY(ossutil_place(profile, env));
  if (settings.endpoint.empty()) settings.endpoint = place.endpoint;
  if (settings.region.empty()) settings.region = place.region;
  return settings;
}

}  // namespace mlctl::keys
