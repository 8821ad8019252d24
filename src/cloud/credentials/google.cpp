#include "cloud/credentials/google.h"

#include <fmt/format.h>

#include "cloud/credentials/answers.h"
#include "cloud/credentials/google_token.h"
#include "cloud/credentials/ini.h"
#include "core/base/strings.h"
#include "core/sys/fs.h"

namespace mlctl::keys {

namespace {

constexpr double kMachinePatience = 1;  // seconds

Found interoperable(const Asking& asking) {
  return keys_in_variables(asking.env, {"GS_ACCESS_KEY_ID", "GS_SECRET_ACCESS_KEY", "GS_SESSION_TOKEN"});
}

// The keys with which programs that know only S3 speak to Google.
Found aws_interoperable(const Asking& asking) {
  std::optional<Credentials> keys =
      TRY(keys_in_variables(asking.env, {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"}));
  if (keys) keys->source = "environment (AWS_ACCESS_KEY_ID, taken for an HMAC key of Google's)";
  return keys;
}

// gsutil's own.
Found boto_file(const Asking& asking) {
  const IniFile file = TRY(read_ini(file_named(asking.env, "BOTO_CONFIG", ".boto")));
  const IniSection* const section = file.section("Credentials");
  if (section == nullptr) return std::nullopt;
  const std::string id = value_of(*section, "gs_access_key_id");
  const std::string secret = value_of(*section, "gs_secret_access_key");
  if (id.empty() && secret.empty()) return std::nullopt;
  if (id.empty() || secret.empty())
    return fail(Exit::auth, fmt::format("{} has only one of gs_access_key_id and gs_secret_access_key",
                                        file.path.string()));
  return Credentials{id, secret, "", 0, file.path.string()};
}

Found named_file(const Asking& asking) {
  const char* const kName = "GOOGLE_APPLICATION_CREDENTIALS";
  const auto named = asking.env.get(kName);
  if (!named) return std::nullopt;
  const Result<std::string> text = sys::read_input(*named, 1u << 20);
  if (!text) return fail(Exit::auth, fmt::format("{}: {}", kName, text.error().message));
  return TRY(google_file_keys(asking, *named, *text));
}

Found gcloud_file(const Asking& asking) {
  const char* const kFile = "application_default_credentials.json";
  const std::filesystem::path path =
      asking.env.get("CLOUDSDK_CONFIG")
          ? std::filesystem::path(*asking.env.get("CLOUDSDK_CONFIG")) / kFile
          : file_named(asking.env, nullptr, std::string(".config/gcloud/") + kFile);
  const Result<std::string> text = sys::read_input(path, 1u << 20);
  if (!text && text.error().code == Exit::not_found) return std::nullopt;
  if (!text) return fail(text.error());
  return TRY(google_file_keys(asking, path, *text));
}

Found instance(const Asking& asking) {
  if (is_true(asking.env, "NO_GCE_CHECK")) return std::nullopt;
  const std::string host = asking.env.get("GCE_METADATA_HOST").value_or("169.254.169.254");
  const std::string account =
      fmt::format("http://{}/computeMetadata/v1/instance/service-accounts/default/", host);
  const Result<HttpResponse> name =
      send(asking, {"GET", account + "email", {{"metadata-flavor", "Google"}}, "", kMachinePatience});
  const bool google = name && header(name->headers, "metadata-flavor") == "Google";
  if (!google || name->status == 404) return std::nullopt;  // 404: a machine without a service account
  const std::string who = "the metadata server of this Google Cloud machine";
  const HttpResponse response = TRY(ask_service(
      asking, {"GET", account + "token", {{"metadata-flavor", "Google"}}, "", kMachinePatience}, who, {}));
  const Json json = TRY(json_of(response, who));
  return TRY(
      token_in_json(asking, json, fmt::format("service account {} of this machine", trim(name->body)), who));
}

}  // namespace

const std::vector<Source>& google_sources() {
  static const std::vector<Source> kSources = {
      {"the variables GS_ACCESS_KEY_ID and GS_SECRET_ACCESS_KEY", interoperable},
      {"GOOGLE_APPLICATION_CREDENTIALS", named_file},
      {"~/.boto", boto_file},
      {"~/.config/gcloud/application_default_credentials.json", gcloud_file},
      {"the variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY", aws_interoperable},
      {"the metadata server of a Google Cloud machine", instance, "Google"},
  };
  return kSources;
}

}  // namespace mlctl::keys
