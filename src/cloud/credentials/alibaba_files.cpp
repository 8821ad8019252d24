#include "cloud/credentials/alibaba_files.h"

#include <algorithm>

#include <fmt/format.h>

#include "cloud/credentials/answers.h"
#include "cloud/credentials/ini.h"
#include "core/base/strings.h"
#include "core/sys/fs.h"
#include "core/text/json.h"

namespace mlctl::keys {

namespace {

std::string plain(const std::string& key) {
  std::string out = to_lower(key);
  std::erase_if(out, [](char c) { return c == '-' || c == '_'; });
  return out;
}

std::filesystem::path cli_path(const sys::Env& env) {
  return file_named(env, "ALIBABA_CLOUD_CONFIG_FILE", ".aliyun/config.json");
}

std::filesystem::path ossutil_path(const sys::Env& env) {
  return file_named(env, "OSSUTIL_CONFIG_FILE", ".ossutilconfig");
}

AlibabaProfile profile_of(const std::string& name, const std::filesystem::path& path, const Json& settings) {
  AlibabaProfile profile{name, fmt::format("profile {} of {}", name, path.string())};
  for (const auto& [key, value] : settings.items()) {
    if (value.is_string()) profile.settings[plain(key)] = value.get<std::string>();
    if (value.is_number()) profile.settings[plain(key)] = dump_json(value);
    if (value.is_boolean()) profile.settings[plain(key)] = value.get<bool>() ? "true" : "false";
  }
  return profile;
}

AlibabaProfile profile_of(const std::string& name, const std::filesystem::path& path,
                          const IniSection& settings) {
  AlibabaProfile profile{name, fmt::format("profile {} of {}", name, path.string())};
  for (const auto& [key, value] : settings) profile.settings[plain(key)] = value;
  return profile;
}

// {"current": "default", "profiles": [{"name": "default", "mode": "AK", …}]}; an absent file is an empty one.
Result<Json> cli_config(const sys::Env& env) {
  const std::filesystem::path path = cli_path(env);
  const Result<std::string> text = sys::read_input(path, 4u << 20);
  if (!text && text.error().code == Exit::not_found) return Json::object();
  if (!text) return fail(text.error());
  Json config = TRY(parse_json(*text, path.string(), Exit::auth));
  if (!config.is_object()) return fail(Exit::auth, "not a JSON object", {}, path.string());
  return config;
}

std::optional<AlibabaProfile> cli_named(const Json& config, const std::string& name, const sys::Env& env) {
  const auto profiles = config.find("profiles");
  if (profiles == config.end() || !profiles->is_array()) return std::nullopt;
  for (const Json& each : *profiles)
    if (text_at(each, "name") == name) return profile_of(name, cli_path(env), each);
  return std::nullopt;
}

Result<std::optional<AlibabaProfile>> from_cli(const std::string& asked, const sys::Env& env) {
  if (is_true(env, "ALIBABA_CLOUD_CLI_PROFILE_DISABLED")) return std::nullopt;
  const Json config = TRY(cli_config(env));
  if (!asked.empty()) return cli_named(config, asked, env);
  const std::string current = text_at(config, "current");
  if (current.empty()) return cli_named(config, "default", env);
  std::optional<AlibabaProfile> found = cli_named(config, current, env);
  if (!found)
    return fail(Exit::auth,
                fmt::format("the current profile \"{}\" is not in {}", current, cli_path(env).string()),
                "aliyun configure switch --profile NAME");
  return found;
}

Result<std::optional<AlibabaProfile>> from_sdk(const std::string& asked, const sys::Env& env) {
  const IniFile file =
      TRY(read_ini(file_named(env, "ALIBABA_CLOUD_CREDENTIALS_FILE", ".alibabacloud/credentials")));
  const std::string name = asked.empty() ? "default" : asked;
  const IniSection* const section = file.section(name);
  if (section == nullptr) return std::nullopt;
  return profile_of(name, file.path, *section);
}

// Version 2: [default] or [profile x]; version 1: [Credentials], with a role's URL in [AkService].
Result<std::optional<AlibabaProfile>> from_ossutil(const std::string& asked, const sys::Env& env) {
  const IniFile file = TRY(read_ini(ossutil_path(env)));
  if (!asked.empty()) {
    const IniSection* const named = file.section("profile " + asked);
    const IniSection* const section = named != nullptr ? named : file.section(asked);
    if (section == nullptr) return std::nullopt;
    return profile_of(asked, file.path, *section);
  }
  for (const char* name : {"default", "profile default", "Credentials"}) {
    const IniSection* const section = file.section(name);
    if (section == nullptr) continue;
    AlibabaProfile profile = profile_of("default", file.path, *section);
    profile.place = file.path.string();
    if (const IniSection* const service = file.section("AkService")) {
      const std::string url = value_of(*service, "ecsak");
      if (!url.empty()) profile.settings["ecsrolename"] = url.substr(url.rfind('/') + 1);
    }
    return profile;
  }
  return std::nullopt;
}

}  // namespace

std::string AlibabaProfile::get(std::initializer_list<const char*> keys) const {
  for (const char* key : keys)
    if (const auto found = settings.find(key); found != settings.end() && !found->second.empty())
      return found->second;
  return {};
}

Result<std::optional<AlibabaProfile>> alibaba_file_profile(const std::string& asked, const sys::Env& env) {
  const std::string name = asked.empty() ? env.get("ALIBABA_CLOUD_PROFILE").value_or("") : asked;
  for (const auto& from : {from_cli, from_sdk, from_ossutil})
    if (std::optional<AlibabaProfile> found = TRY(from(name, env))) return found;
  if (name.empty() || name == "default") return std::nullopt;
  return fail(Exit::auth,
              fmt::format("there is no Alibaba Cloud profile \"{}\" in {}, {} or {}", name,
                          cli_path(env).string(), "~/.alibabacloud/credentials", ossutil_path(env).string()),
              fmt::format("aliyun configure --profile {} makes it", name));
}

Result<AlibabaProfile> aliyun_cli_profile(const std::string& name, const sys::Env& env) {
  const Json config = TRY(cli_config(env));
  std::optional<AlibabaProfile> found = cli_named(config, name, env);
  if (!found)
    return fail(Exit::auth, fmt::format("there is no profile \"{}\" in {}", name, cli_path(env).string()));
  return *std::move(found);
}

Result<OssutilPlace> ossutil_place(const std::string& profile, const sys::Env& env) {
  const auto found = TRY(from_ossutil(profile, env));
  if (!found) return OssutilPlace{};
  return OssutilPlace{found->get({"endpoint"}), found->get({"region"})};
}

}  // namespace mlctl::keys
