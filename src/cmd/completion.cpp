// The scripts stay thin: each asks `mlctl __complete` and hands the answer to its shell.

#include "cmd/shell/command.h"
#include "cmd/shell/completion_scripts.h"

namespace mlctl {

namespace {

struct Options {
  std::string shell;
};

void declare(Flags& flags, Options& options) {
  flags.positional("SHELL", options.shell, "bash, zsh or fish", Value::shell);
}

RunResult run(const Options& options, Context& context) {
  for (const CompletionScript& script : completion_scripts()) {
    if (options.shell != script.shell) continue;
    context.io.out_bytes(script.text);
    return Exit::ok;
  }
  return fail(Exit::usage, "no completion for the shell \"" + options.shell + "\"",
              "mlctl completion bash, zsh or fish");
}

}  // namespace

const Command& completion_command() {
  static const Command command(
      {"completion", "setup", "Print the script that lets Tab complete mlctl", "bash|zsh|fish",
       "# In ~/.bashrc or ~/.zshrc\n"
       "source <(mlctl completion bash)\n"
       "# In fish\n"
       "mlctl completion fish | source"},
      declare, nullptr, run);
  return command;
}

}  // namespace mlctl
