#include "cmd/context.h"

#include "core/engine/engine.h"
#include "core/sys/fs.h"

namespace mlctl {

namespace {
// The XDG base directory rule: the variable when it is absolute, else a place below home.
std::filesystem::path xdg(const sys::Env& env, const char* variable, const char* below_home) {
  const std::filesystem::path given = env.get(variable).value_or("");
  const std::filesystem::path base =
      given.is_absolute() ? given : std::filesystem::path(env.get("HOME").value_or("/tmp")) / below_home;
  return base / "mlctl";
}
}  // namespace

std::filesystem::path Context::state_folder() const {
  std::error_code code;
  for (std::filesystem::path at = std::filesystem::current_path(code);; at = at.parent_path()) {
    if (sys::is_folder(at / ".mlctl")) return at / ".mlctl";
    if (at == at.parent_path()) return user_state_folder();
  }
}

std::filesystem::path Context::user_state_folder() const {
  return xdg(env, "XDG_STATE_HOME", ".local/state");
}
std::filesystem::path Context::cache_folder() const {
  return xdg(env, "XDG_CACHE_HOME", ".cache");
}
std::filesystem::path Context::config_file() const {
  return xdg(env, "XDG_CONFIG_HOME", ".config") / "config.yaml";
}

Error Context::in_given_words(Error error) const {
  for (const LocalCopy& copy : copies) {
    for (std::string* text : {&error.message, &error.where, &error.hint, &error.detail}) {
      for (size_t at = text->find(copy.path); at != std::string::npos; at = text->find(copy.path, at))
        text->replace(at, copy.path.size(), copy.url);
    }
  }
  return error;
}

Result<Engine*> Context::engine() {
  return load_engine();
}

}  // namespace mlctl
