#pragma once
// What a command may use, supplied lazily: nothing here costs anything until it is asked for.

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cmd/shell/io.h"
#include "core/base/result.h"
#include "core/sys/clock.h"
#include "core/sys/env.h"
#include "core/sys/stop.h"
#include "core/text/as_written.h"

namespace mlctl {

class Engine;
class Http;
namespace serve {
class EndpointHost;
}

// Tells a stage of a pipeline which variables its arguments hold: "${env:NAME},…".
inline constexpr const char* kExpandedVariable = "MLCTL_EXPANDED";

// Flags that every command takes.
struct GlobalFlags {
  std::string output;  // -o: "", json, yaml, table, wide, name, jsonpath=…
  std::string profile;
  bool quiet = false, verbose = false, no_color = false, help = false;
  std::string progress = "auto";  // auto | none | json
};

// A copy, for the time of a command, of what was given as a URL.
struct LocalCopy {
  std::string path, url;
};

struct Context {
  Io& io;
  const sys::Env& env;
  sys::Clock& clock;
  sys::StopFlag& stop;
  GlobalFlags flags;
  std::vector<std::string> arguments{};  // of the program, for records
  // The value for a key such as "seed" from MLCTL_* variables or the profile, used when neither flag nor
  // manifest gives one.
  std::function<std::optional<std::string>(const std::string& key)> setting = [](const std::string&) {
    return std::nullopt;
  };
  std::vector<LocalCopy> copies{};
  // Of variables in the manifest: records name them instead of their values.
  std::vector<Expansion> expansions{};
  // The error in the user's own words: with URLs instead of the paths of their copies.
  Error in_given_words(Error error) const;

  // Where runs and journals are kept: `.mlctl` of the nearest folder upwards that has one, else
  // $XDG_STATE_HOME/mlctl. A .mlctl that others may have made or may write to is passed over, with a note.
  std::filesystem::path state_folder() const;
  // $XDG_STATE_HOME/mlctl, or ~/.local/state/mlctl: endpoints, whatever the working folder is.
  std::filesystem::path user_state_folder() const;
  std::filesystem::path cache_folder() const;  // $XDG_CACHE_HOME/mlctl
  std::filesystem::path config_file() const;   // $XDG_CONFIG_HOME/mlctl/config.yaml

  std::unique_ptr<serve::EndpointHost> endpoints() const;  // of the target; this machine is the only one yet
  // The HTTP client of endpoints; Ctrl-C ends its waits.
  std::unique_ptr<Http> http() const;
  Result<Engine*> engine();  // loads libtorch on first use; 12 when it is absent

  mutable std::optional<std::filesystem::path> known_state{};  // what state_folder() found
};

}  // namespace mlctl
