#include "cmd/shell/topics.h"

#include <map>

#include <fmt/format.h>

#include "cmd/shell/app.h"
#include "cmd/shell/command.h"
#include "core/base/result.h"
#include "core/base/strings.h"
#include "core/clean/reasons.h"
#include "core/manifest/config.h"

namespace mlctl {

namespace {

struct ExitLine {
  Exit code;
  const char* meaning;
};
constexpr ExitLine kExits[] = {
    {Exit::ok, "done"},
    {Exit::failed, "failed, none of the below (a loss that became NaN, for one)"},
    {Exit::usage, "wrong usage: flags, arguments, a URL or target that is not supported"},
    {Exit::manifest, "invalid manifest or configuration"},
    {Exit::auth, "authentication or permission"},
    {Exit::not_found, "not found"},
    {Exit::conflict, "conflict: output of other inputs, locked by another mlctl, port in use"},
    {Exit::data, "the data is invalid, or the model is for other data"},
    {Exit::pending, "still pending, or only part succeeded"},
    {Exit::network, "network or remote unavailable after retries"},
    {Exit::integrity, "integrity: checksum, signature, torn or malformed file"},
    {Exit::gate, "a gate failed: eval gate, alert or drift firing"},
    {Exit::resource, "resources: memory, disk, GPU, quota, libtorch not installed"},
    {Exit::timeout, "timed out"},
    {Exit::interrupted, "interrupted after saving: run the same command again to resume"},
    {Exit::sigint, "interrupted by Ctrl-C with nothing saved"},
    {Exit::sigterm, "ended by SIGTERM with nothing saved"},
};

std::string exit_codes() {
  std::string text = "Exit codes are stable; scripts may depend on them.\n\n";
  for (const ExitLine& line : kExits)
    text += fmt::format("  {:>3}  {}\n", static_cast<int>(line.code), line.meaning);
  return text +
         "\n"
         "diff follows diff(1): 0 same, 1 differs, 2 trouble. "
         "With -o json an error is one JSON line on stderr:\n"
         "kind Error, code, reason, message, hint.\n";
}

// "train, eval", or "every command".
std::string takers(const std::string& flag) {
  for (const FlagInfo& info : flag_table(nullptr)) {
    if (info.name == flag) return "every command";
  }
  std::vector<std::string> names;
  for (const Command* command : all_commands()) {
    for (const FlagInfo& info : flag_table(command)) {
      if (info.name == flag && !info.setting.empty()) names.push_back(command->spec().name);
    }
  }
  return join(names, ", ");
}

// The variables that stand for flags, from the flags' declarations.
std::string flag_variables() {
  std::map<std::string, std::string> lines;
  for (const Command* command : all_commands()) {
    for (const FlagInfo& info : flag_table(command)) {
      if (info.setting.empty() || lines.contains(info.setting)) continue;
      lines[info.setting] =
          fmt::format("  {:17}  as {} of {}; in a profile: {}\n", setting_variable(info.setting), info.name,
                      takers(info.name), info.setting);
    }
  }
  std::string text;
  for (const auto& [key, line] : lines) text += line;
  return text;
}

constexpr const char* kPrecedence =
    R"(What mlctl reads from the environment. A flag wins over --set, --set over the manifest, the manifest over
MLCTL_* variables, these over the profile, the profile over the default.

)";

constexpr const char* kEnvironment = R"(
  MLCTL_PROFILE      the profile, as --profile
  MLCTL_ENGINE       an engine module to load instead of the embedded one (a CUDA build)
  MLCTL_CACHE_SIZE   what the copies of stored data may take: 100GiB (default 20GiB)
  AWS_… OSS_… GS_…   keys, endpoint and region of stores, as the vendors' own tools read them; mlctl doctor
                     says which keys win
  AWS_CA_BUNDLE      certificates to trust beside the system's, as --ca-cert
  HTTPS_PROXY        the way to https:// stores, HTTP_PROXY to others: http://USER:PASSWORD@HOST:PORT;
                     NO_PROXY names hosts reached without
  MLCTL_PII_KEY      the secret of clean --mask-pii hash (default: made once, in the state folder)
  XDG_CONFIG_HOME    config.yaml is in $XDG_CONFIG_HOME/mlctl (default ~/.config/mlctl)
  XDG_STATE_HOME     endpoints, and runs outside a project (default ~/.local/state/mlctl)
  XDG_CACHE_HOME     what can be made again (default ~/.cache/mlctl)
  NO_COLOR           no colours, when not empty; so does TERM=dumb
  OPENBLAS_CORETYPE  chosen for this processor before libtorch loads, unless you set it
  OMP_NUM_THREADS    threads of libtorch; by default those the CPU quota allows

A project is the nearest folder upwards that has a .mlctl folder (mlctl init makes one): its runs are kept there.
A manifest takes a variable only where it says ${env:NAME}.
)";

constexpr const char* kManifests =
    R"(A manifest is a YAML file that says what a command line says with flags, and more:

  apiVersion: mlctl.dev/v1
  kind: Train              # Clean Train Eval Deploy Monitor Pipeline Config
  metadata: {name: rabbits}
  spec: {...}

  mlctl explain train.spec.optimizer   the keys, their types, defaults and values
  mlctl validate -f FILE               checks offline: file:line:column, a caret, did-you-mean
  mlctl diff -f FILE                   what applying would change
  mlctl apply -f FILE                  does it, whatever the kind
  mlctl train -f FILE --set spec.epochs=20
                                       one key changed for one run

Unknown and duplicate keys are errors. Relative paths are from the manifest's folder. ${env:NAME} takes a value
from the environment; nothing else is expanded. Precedence: flag, --set, manifest, MLCTL_* variable, profile,
default. A Pipeline lists stages; mlctl run -f FILE runs those whose inputs or parameters changed.
)";

constexpr const char* kOutput =
    R"(stdout carries the result and nothing else; messages, progress and errors go to stderr.

  -o table      for people (the default)        -o json   one document with apiVersion and kind
  -o wide       the table with more columns     -o yaml   the same document
  -o name       TYPE/NAME, for scripts          -o 'jsonpath={.metrics.accuracy}'   one value

Lists are one document of kind List with items. Streams (predict, logs, monitor) are one JSON document a line.
With -o json errors are JSON too: {"kind":"Error","code":5,"reason":"NotFound","message":...,"hint":...}.

Progress is a bar on a terminal and a line per 10 s or 10 % elsewhere; --progress json prints a JSON line for
tools, --progress none nothing. -q leaves warnings and errors. NO_COLOR, TERM=dumb and --no-color are obeyed.
)";

constexpr const char* kTour = R"(From files to a model in service:

  mlctl ingest photos/ --to data/photos             folders of pictures, one per class; CSV, JSONL, IDX, tar
  mlctl clean data/photos --to data/clean --dedupe near --report clean.html
  mlctl train data/clean --to models/photos
  mlctl eval models/photos --data data/clean --gate 'accuracy>=0.90' --report eval.html
  mlctl deploy models/photos --name photos --wait
  mlctl predict photos new.jpg
  mlctl monitor photos --once

Every stage resumes: after Ctrl-C or a crash run the same command again. What ran is in mlctl get runs; what went
wrong and what to do about it, in mlctl why TYPE/NAME. mlctl init makes a project with manifests to edit.
)";

}  // namespace

const std::vector<Topic>& help_topics() {
  static const std::vector<Topic> topics = {
      {"tour", "from files to a model in service, in seven commands", [] { return std::string(kTour); }},
      {"exit-codes", "what each exit code means", exit_codes},
      {"environment", "variables and files mlctl reads, and what wins",
       [] { return kPrecedence + flag_variables() + kEnvironment; }},
      {"manifests", "YAML instead of flags", [] { return std::string(kManifests); }},
      {"reasons", "why clean removes or doubts an item", reason_help},
      {"output", "formats, streams, progress and colours", [] { return std::string(kOutput); }},
  };
  return topics;
}

const Topic* find_topic(const std::string& name) {
  for (const Topic& topic : help_topics()) {
    if (topic.name == name) return &topic;
  }
  return nullptr;
}

}  // namespace mlctl
