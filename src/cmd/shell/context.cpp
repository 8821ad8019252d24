#include "cmd/shell/context.h"

#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "cloud/http/client.h"
#include "core/endpoint/host.h"
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

// As git's safe.directory: a shared folder above may hold a .mlctl of somebody else, whose records,
// unfinished outputs and pipeline states would be trusted. Says why not to; "" when the folder is the
// user's own.
std::string why_foreign(const struct stat& state, const sys::Env& env) {
  if (S_ISLNK(state.st_mode)) return "it is a symbolic link";
  const bool by_sudo = ::geteuid() == 0 && env.get("SUDO_UID") == std::to_string(state.st_uid);
  if (state.st_uid != ::geteuid() && !by_sudo)
    return fmt::format("it belongs to another user (uid {})", state.st_uid);
  // A group of the user's own, as distributions make them, holds nobody else.
  const bool own_group = state.st_gid == state.st_uid;
  const mode_t others = own_group ? S_IWOTH : S_IWOTH | S_IWGRP;
  return (state.st_mode & others) == 0 ? "" : "others may write to it: chmod go-w makes it yours alone";
}
}  // namespace

std::filesystem::path Context::state_folder() const {
  if (known_state) return *known_state;
  known_state = user_state_folder();
  std::error_code code;
  for (std::filesystem::path at = std::filesystem::current_path(code);; at = at.parent_path()) {
    const std::filesystem::path state = at / ".mlctl";
    struct stat status {};
    const bool there = ::lstat(state.c_str(), &status) == 0 && sys::is_folder(state);
    const std::string foreign = there ? why_foreign(status, env) : "";
    if (!foreign.empty()) io.note(fmt::format("{} is passed over: {}", state.string(), foreign));
    if (there && foreign.empty()) return *(known_state = state);
    if (at == at.parent_path()) return *known_state;
  }
}

std::unique_ptr<serve::EndpointHost> Context::endpoints() const {
  return std::make_unique<serve::LocalEndpoints>(user_state_folder() / "endpoints", clock, stop);
}

std::unique_ptr<Http> Context::http() const {
  http::ClientOptions options;
  options.http.max_body = size_t{64} << 20;
  options.http.stop = &stop;
  options.unreachable_hint = "is it running? mlctl get endpoints lists what is";
  return http::make_client(std::move(options), env);
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
