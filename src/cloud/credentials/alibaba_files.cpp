#include <algorithm>

#include <fmt/format.h>

#include "cloud/credentials/alibaba.h"
#include "cloud/credentials/ini.h"
#include "core/base/strings.h"
#include "core/sys/fs.h"
#include "core/text/json.h"

namespace mlctl::keys {

namespace {

using Json = nlohmann::ordered_json;

constexpr uint64_t kLargestFile = 4u << 20;

std::string text_at(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

struct CliProfile {
  std::string name, place;
  Json settings;
};

// The profile of ~/.aliyun/config.json: asked for, or ALIBABA_CLOUD_PROFILE, or "current".
Result<std::optional<CliProfile>> cli_profile(const std::string& asked, const sys::Env& env) {
  if (is_true(env, "ALIBABA_CLOUD_CLI_PROFILE_DISABLED")) return std::nullopt;
  const std::filesystem::path path = file_named(env, "ALIBABA_CLOUD_CONFIG_FILE", ".aliyun/config.json");
  const Result<std::string> text = sys::read_file(path, kLargestFile);
  std::string name = asked.empty() ? env.get("ALIBABA_CLOUD_PROFILE").value_or("") : asked;
  if (!text && text.error().code != Exit::not_found) return fail(text.error());
  if (!text && name.empty()) return std::nullopt;
  const Json config = text ? TRY(parse_json(*text, path.string(), Exit::auth)) : Json::object();
  if (name.empty()) name = text_at(config, "current");
  if (name.empty()) name = "default";
  std::vector<std::string> names;
  for (const Json& each : config.value("profiles", Json::array())) {
    names.push_back(text_at(each, "name"));
    if (names.back() == name)
      return CliProfile{name, fmt::format("profile {} of {}", name, path.string()), each};
  }
  if (names.empty() && name == "default") return std::nullopt;
  const std::string near = did_you_mean(name, names);
  return fail(Exit::auth, fmt::format("there is no profile \"{}\" in {}", name, path.string()),
              near.empty() ? fmt::format("aliyun configure --profile {} makes it", name)
                           : fmt::format("did you mean {}?", near));
}

// ossutil writes accessKeyID, access-key-id, access_key_id: all one.
std::string plain(const std::string& key) {
  std::string out;
  for (const char c : key)
    if (c != '-' && c != '_') out += c;
  return out;
}

std::string loose(const IniSection& section, const char* key) {
  for (const auto& [name, value] : section)
    if (plain(name) == key) return value;
  return {};
}

// v2: [default] or [profile x]; v1: [Credentials].
Result<std::optional<IniSection>> ossutil_section(const std::string& profile, const sys::Env& env) {
  const IniFile file = TRY(read_ini(file_named(env, "OSSUTIL_CONFIG_FILE", ".ossutilconfig")));
  const std::string name = profile.empty() ? env.get("OSSUTIL_PROFILE").value_or("") : profile;
  for (const std::string& section :
       {"profile " + name, name, std::string("default"), std::string("Credentials")})
    if (const IniSection* const found = file.section(section)) return *found;
  return std::nullopt;
}

}  // namespace

Found aliyun_profile(const Asking& asking) {
  const std::optional<CliProfile> profile = TRY(cli_profile(asking.profile, asking.env));
  if (!profile) return std::nullopt;
  const std::string mode = text_at(profile->settings, "mode");
  const std::string id = text_at(profile->settings, "access_key_id");
  const std::string secret = text_at(profile->settings, "access_key_secret");
  if (mode != "AK" && mode != "StsToken" && !mode.empty())
    return fail(Exit::auth, fmt::format("{}: the mode {} is unknown", profile->place, mode));
  if (id.empty() && secret.empty()) return std::nullopt;
  if (id.empty() || secret.empty())
    return fail(Exit::auth,
                fmt::format("{} has only one of access_key_id and access_key_secret", profile->place));
  return Credentials{id, secret, text_at(profile->settings, "sts_token"), 0, profile->place};
}

Found ossutil_profile(const Asking& asking) {
  const std::optional<IniSection> section = TRY(ossutil_section(asking.profile, asking.env));
  if (!section) return std::nullopt;
  const std::string id = loose(*section, "accesskeyid"), secret = loose(*section, "accesskeysecret");
  if (id.empty() && secret.empty()) return std::nullopt;
  if (id.empty() || secret.empty())
    return fail(Exit::auth, "~/.ossutilconfig has only one of accessKeyID and accessKeySecret");
  return Credentials{id, secret, loose(*section, "ststoken"), 0, "~/.ossutilconfig"};
}

Result<ProfileSettings> alibaba_settings(const std::string& profile, const sys::Env& env) {
  ProfileSettings settings;
  if (const auto cli = TRY(cli_profile(profile, env))) settings.region = text_at(cli->settings, "region_id");
  if (const auto section = TRY(ossutil_section(profile, env))) {
    settings.endpoint = loose(*section, "endpoint");
    if (const std::string region = loose(*section, "region"); !region.empty()) settings.region = region;
  }
  return settings;
}

}  // namespace mlctl::keys
