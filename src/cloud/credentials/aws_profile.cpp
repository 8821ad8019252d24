#include <algorithm>

#include <fmt/format.h>

#include "cloud/credentials/answers.h"
#include "cloud/credentials/aws.h"
#include "cloud/credentials/aws_files.h"
#include "cloud/credentials/aws_sso.h"
#include "cloud/credentials/aws_sts.h"
#include "cloud/credentials/process.h"

namespace mlctl::keys {

namespace {

struct Visit {
  const Asking& asking;
  const AwsFiles& files;
  Sts sts;
  std::vector<std::string> names{};  // of the profiles on the way here
};

std::string get(const AwsProfile& profile, const char* key) {
  return value_of(profile.settings, key);
}

Found static_keys(const AwsProfile& profile) {
  const std::string id = get(profile, "aws_access_key_id"), secret = get(profile, "aws_secret_access_key");
  if (id.empty() && secret.empty()) return std::nullopt;
  if (id.empty() || secret.empty())
    return fail(Exit::auth,
                fmt::format("{} has only one of aws_access_key_id and aws_secret_access_key", profile.place));
  return Credentials{id, secret, get(profile, "aws_session_token"), 0, profile.place};
}

Found process_keys(const Asking& asking, const AwsProfile& profile) {
  const std::string command = get(profile, "credential_process");
  if (command.empty()) return std::nullopt;
  const std::string place = "credential_process of " + profile.place;
  const Json json = TRY(json_of_process(asking, command, place));
  const auto version = json.find("Version");
  if (version == json.end() || *version != 1)
    return fail(Exit::auth, fmt::format("{} printed another Version than 1", place));
  return TRY(
      keys_in_json(json, {"AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"}, place, place));
}

Found keys_of(Visit& visit, const std::string& name);

Found sourced(const Asking& asking, const AwsProfile& profile, const std::string& source) {
  if (source == "Environment") return aws_variables(asking);
  if (source == "EcsContainer") return aws_container(asking);
  if (source == "Ec2InstanceMetadata") return aws_instance(asking);
  return fail(Exit::auth, fmt::format("{}: credential_source = {} is unknown", profile.place, source),
              "use Environment, EcsContainer or Ec2InstanceMetadata");
}

Result<Credentials> role_keys(Visit& visit, const AwsProfile& profile) {
  const Role role{get(profile, "role_arn"), get(profile, "role_session_name"), get(profile, "external_id"),
                  get(profile, "duration_seconds")};
  const std::string words = fmt::format("role {}, {}", role.arn, profile.place);
  if (const std::string file = get(profile, "web_identity_token_file"); !file.empty()) {
    const std::string token = TRY(read_token(file, profile.place));
    return assume_role_with_token(visit.asking, visit.sts, role, token, words);
  }
  if (!get(profile, "mfa_serial").empty())
    return fail(
        Exit::auth, fmt::format("{} asks for a second factor", profile.place),
        fmt::format("eval \"$(aws configure export-credentials --profile {} --format env)\"", profile.name));
  const std::string other = get(profile, "source_profile"), place = get(profile, "credential_source");
  if (other.empty() == place.empty())
    return fail(Exit::auth,
                fmt::format("{} has a role_arn, and {} source_profile {} credential_source", profile.place,
                            other.empty() ? "neither" : "both", other.empty() ? "nor" : "and"));
  Found from = std::nullopt;
  if (!place.empty()) {
    from = sourced(visit.asking, profile, place);
  } else if (other == profile.name) {
    from = static_keys(profile);
  } else {
    from = keys_of(visit, other);
  }
  const std::optional<Credentials> keys = TRY(std::move(from));
  if (!keys)
    return fail(Exit::auth, fmt::format("{} takes its role by {}, which has no keys", profile.place,
                                        other.empty() ? place : "the profile " + other));
  return assume_role(visit.asking, visit.sts, role, *keys, words);
}

Found keys_of(Visit& visit, const std::string& name) {
  if (std::find(visit.names.begin(), visit.names.end(), name) != visit.names.end())
    return fail(Exit::auth, fmt::format("the AWS profile {} is its own source_profile by way of {}", name,
                                        visit.names.back()));
  visit.names.push_back(name);
  const std::optional<AwsProfile> profile = TRY(visit.files.profile(name));
  if (!profile) return std::nullopt;
  if (!get(*profile, "role_arn").empty()) return TRY(role_keys(visit, *profile));
  if (uses_sso(*profile)) return TRY(sso_keys(visit.asking, visit.files, *profile));
  if (std::optional<Credentials> keys = TRY(static_keys(*profile))) return keys;
  return process_keys(visit.asking, *profile);
}

bool ignores_endpoints(const sys::Env& env, const AwsProfile& profile) {
  return is_true(env, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") ||
         get(profile, "ignore_configured_endpoint_urls") == "true";
}

// As aws: the region of the profile that was asked for, not of the one with the keys.
Sts sts_for(const sys::Env& env, const AwsFiles& files, const AwsProfile& profile) {
  Sts sts;
  sts.region = env.first_of({"AWS_REGION", "AWS_DEFAULT_REGION"});
  if (sts.region.empty()) sts.region = get(profile, "region");
  if (!ignores_endpoints(env, profile)) {
    sts.endpoint = env.first_of({"AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL"});
    if (sts.endpoint.empty()) sts.endpoint = files.endpoint(profile, "sts");
  }
  if (sts.endpoint.empty())
    sts.endpoint = sts.region.empty() ? "https://sts.amazonaws.com"
                                      : fmt::format("https://sts.{}.amazonaws.com{}", sts.region,
                                                    sts.region.starts_with("cn-") ? ".cn" : "");
  if (sts.region.empty()) sts.region = "us-east-1";
  return sts;
}

}  // namespace

Found aws_profile(const Asking& asking) {
  const AwsFiles files = TRY(AwsFiles::read(asking.env));
  const std::string name = aws_profile_name(asking.profile, asking.env);
  const std::optional<AwsProfile> profile = TRY(files.profile(name));
  if (!profile) return std::nullopt;
  Visit visit{asking, files, sts_for(asking.env, files, *profile)};
  return keys_of(visit, name);
}

Found aws_web_identity(const Asking& asking) {
  const char* const kFile = "AWS_WEB_IDENTITY_TOKEN_FILE";
  const auto file = asking.env.get(kFile), role = asking.env.get("AWS_ROLE_ARN");
  if (!file && !role) return std::nullopt;
  if (!file || !role)
    return fail(
        Exit::auth,
        fmt::format("{} is set, but {} is not", file ? kFile : "AWS_ROLE_ARN", file ? "AWS_ROLE_ARN" : kFile),
        "set both, or neither");
  const std::string token = TRY(read_token(*file, kFile));
  const AwsFiles files = TRY(AwsFiles::read(asking.env));
  const std::optional<AwsProfile> profile = TRY(files.profile(aws_profile_name(asking.profile, asking.env)));
  return TRY(assume_role_with_token(asking, sts_for(asking.env, files, profile.value_or(AwsProfile{})),
                                    {*role, asking.env.get("AWS_ROLE_SESSION_NAME").value_or("")}, token,
                                    fmt::format("web identity, role {}", *role)));
}

Result<ProfileSettings> aws_settings(const std::string& profile, const sys::Env& env) {
  const AwsFiles files = TRY(AwsFiles::read(env));
  const std::optional<AwsProfile> found = TRY(files.profile(aws_profile_name(profile, env)));
  if (!found) return ProfileSettings{};
  return ProfileSettings{get(*found, "region"),
                         ignores_endpoints(env, *found) ? "" : files.endpoint(*found, "s3")};
}

}  // namespace mlctl::keys
