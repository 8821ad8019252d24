#include "cloud/credentials/aws_files.h"

#include <fmt/format.h>

#include "core/base/strings.h"

namespace mlctl::keys {

namespace {

constexpr std::string_view kProfile = "profile ";

}  // namespace

Result<AwsFiles> AwsFiles::read(const sys::Env& env) {
  AwsFiles files;
  files.config_ = TRY(read_ini(file_named(env, "AWS_CONFIG_FILE", ".aws/config")));
  files.credentials_ = TRY(read_ini(file_named(env, "AWS_SHARED_CREDENTIALS_FILE", ".aws/credentials")));
  return files;
}

Result<std::optional<AwsProfile>> AwsFiles::profile(const std::string& name) const {
  const IniSection* configured = config_.section(std::string(kProfile) + name);
  if (configured == nullptr && name == "default") configured = config_.section(name);
  const IniSection* const keys = credentials_.section(name);
  if (configured == nullptr && keys == nullptr) {
    if (name == "default") return std::nullopt;
    std::vector<std::string> names;
    for (const auto& [section, settings] : credentials_.sections) names.push_back(section);
    for (const auto& [section, settings] : config_.sections)
      if (section.starts_with(kProfile)) names.push_back(section.substr(kProfile.size()));
    const std::string near = did_you_mean(name, names);
    return fail(Exit::auth,
                fmt::format("there is no AWS profile \"{}\" in {} or {}", name, config_.path.string(),
                            credentials_.path.string()),
                near.empty() ? fmt::format("aws configure --profile {} makes it", name)
                             : fmt::format("did you mean {}?", near));
  }
  AwsProfile profile{name};
  if (configured != nullptr) profile.settings = *configured;
  if (keys != nullptr)
    for (const auto& [key, value] : *keys) profile.settings[key] = value;
  const bool has_keys = keys != nullptr && keys->count("aws_access_key_id") > 0;
  profile.place = fmt::format("profile {} of {}", name, (has_keys ? credentials_ : config_).path.string());
  return profile;
}

const IniSection* AwsFiles::sso_session(const std::string& name) const {
  return config_.section("sso-session " + name);
}

std::string AwsFiles::endpoint(const AwsProfile& profile, const std::string& service) const {
  const std::string services = value_of(profile.settings, "services");
  if (const IniSection* const section = config_.section("services " + services)) {
    const std::string own = value_of(*section, service + ".endpoint_url");
    if (!own.empty()) return own;
  }
  const std::string own = value_of(profile.settings, service + ".endpoint_url");
  return own.empty() ? value_of(profile.settings, "endpoint_url") : own;
}

std::string aws_profile_name(const std::string& asked, const sys::Env& env) {
  if (!asked.empty()) return asked;
  const std::string named = env.first_of({"AWS_PROFILE", "AWS_DEFAULT_PROFILE"});
  return named.empty() ? "default" : named;
}

}  // namespace mlctl::keys
