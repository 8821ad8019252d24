#include <fmt/format.h>

#include "cloud/credentials/aws.h"
#include "cloud/credentials/aws_files.h"

namespace mlctl::keys {

namespace {

Found static_keys(const AwsProfile& profile) {
  const std::string id = value_of(profile.settings, "aws_access_key_id");
  const std::string secret = value_of(profile.settings, "aws_secret_access_key");
  if (id.empty() && secret.empty()) return std::nullopt;
  if (id.empty() || secret.empty())
    return fail(Exit::auth,
                fmt::format("{} has only one of aws_access_key_id and aws_secret_access_key", profile.place));
  return Credentials{id, secret, value_of(profile.settings, "aws_session_token"), 0, profile.place};
}

}  // namespace

Found aws_profile(const Asking& asking) {
  const AwsFiles files = TRY(AwsFiles::read(asking.env));
  const std::optional<AwsProfile> profile = TRY(files.profile(aws_profile_name(asking.profile, asking.env)));
  if (!profile) return std::nullopt;
  return static_keys(*profile);
}

Result<ProfileSettings> aws_settings(const std::string& profile, const sys::Env& env) {
  const AwsFiles files = TRY(AwsFiles::read(env));
  const std::optional<AwsProfile> found = TRY(files.profile(aws_profile_name(profile, env)));
  if (!found) return ProfileSettings{};
  return ProfileSettings{value_of(found->settings, "region"), files.endpoint(*found, "s3")};
}

}  // namespace mlctl::keys
