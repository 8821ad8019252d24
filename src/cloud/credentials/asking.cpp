#include "cloud/credentials/asking.h"

#include <fmt/format.h>

namespace mlctl::keys {

bool is_true(const sys::Env& env, const char* name) {
  const std::string value = env.get(name).value_or("");
  return value == "true" || value == "True" || value == "TRUE" || value == "1";
}

std::filesystem::path file_named(const sys::Env& env, const char* variable, const std::string& usual) {
  const std::string home = env.get("HOME").value_or("");
  const std::string named = variable == nullptr ? "" : env.get(variable).value_or("");
  if (named.starts_with("~/")) return home.empty() ? "" : std::filesystem::path(home) / named.substr(2);
  if (!named.empty()) return named;
  return home.empty() ? "" : std::filesystem::path(home) / usual;
}

Found keys_in_variables(const sys::Env& env, const KeyVariables& names) {
  const std::string id = env.get(names.id).value_or(""), secret = env.get(names.secret).value_or("");
  if (id.empty() && secret.empty()) return std::nullopt;
  if (id.empty() || secret.empty()) {
    const char* const there = id.empty() ? names.secret : names.id;
    const char* const missing = id.empty() ? names.id : names.secret;
    return fail(Exit::auth, fmt::format("{} is set, but {} is not", there, missing),
                fmt::format("set both, or unset {}", there));
  }
  return Credentials{id, secret, env.get(names.token).value_or(""), 0,
                     fmt::format("environment ({})", names.id)};
}

}  // namespace mlctl::keys
