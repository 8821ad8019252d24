#include "core/manifest/config.h"

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/manifest/manifest.h"
#include "core/sys/fs.h"
#include "core/text/json.h"

namespace mlctl {

using Json = nlohmann::ordered_json;

namespace {

constexpr const char* kDefault = "default";

Result<Json> checked(const Source& source, const sys::Env& env) {
  auto documents = TRY(read_documents(source, ".", {}, env));
  return TRY(only_manifest(std::move(documents), source.name, "Config")).spec;
}

}  // namespace

Result<Json> read_config(const std::filesystem::path& file, const sys::Env& env) {
  if (!sys::exists(file)) return Json::object();
  return checked(Source{file.string(), TRY(sys::read_file(file))}, env);
}

Result<> write_config(const std::filesystem::path& file, const std::string& text, const sys::Env& env) {
  TRY(checked(Source{file.string(), text}, env));
  const sys::PathAt place = TRY(sys::private_place(file.parent_path(), file.filename()));
  return sys::write_file(place, text, 0600);
}

std::string profile_name(const Json& spec, const std::string& flag, const sys::Env& env) {
  if (!flag.empty()) return flag;
  return env.get("MLCTL_PROFILE").value_or(spec.value("profile", kDefault));
}

Result<Json> profile_values(const Json& spec, const std::string& name) {
  const Json profiles = spec.value("profiles", Json::object());
  if (profiles.contains(name)) return profiles[name];
  if (name == kDefault) return Json::object();
  std::vector<std::string> names;
  for (const auto& [each, values] : profiles.items()) names.push_back(each);
  const std::string near = did_you_mean(name, names);
  return fail(Exit::manifest, fmt::format("there is no profile \"{}\"", name),
              near.empty() ? fmt::format("mlctl config set KEY VALUE --profile {} makes it", name)
                           : fmt::format("did you mean {}?", near));
}

std::string setting_variable(const std::string& key) {
  std::string variable = "MLCTL_";
  for (const char c : key) {
    if (c >= 'A' && c <= 'Z') variable += '_';
    variable += static_cast<char>(std::toupper(c));
  }
  return variable;
}

std::optional<std::string> default_value(const Json& values, const std::string& key, const sys::Env& env) {
  if (const auto given = env.get(setting_variable(key))) return given;
  if (!values.contains(key)) return std::nullopt;
  return values[key].is_string() ? values[key].get<std::string>() : dump_json(values[key]);
}

}  // namespace mlctl
