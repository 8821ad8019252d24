#include <fmt/format.h>

#include "cmd/command.h"
#include "cmd/help.h"

namespace mlctl {

namespace {

struct Options {
  std::string topic;
};

void declare(Flags& flags, Options& options) {
  flags.positional("COMMAND|TOPIC", options.topic, "a command or a topic", Value::topic, false);
}

RunResult run(const Options& options, Context& context) {
  if (options.topic.empty()) {
    context.io.out(overview());
    return Exit::ok;
  }
  const Command* command = find_command(options.topic);
  if (command == nullptr) return fail(Exit::usage, fmt::format("no command or topic \"{}\"", options.topic));
  Flags flags;
  const Command::Bound bound = command->bind();
  bound.declare(flags);
  context.io.out(command_help(*command, flags));
  return Exit::ok;
}

}  // namespace

const Command& help_command() {
  static const Command command(
      {"help", "setup", "Explain a command or a topic", "[COMMAND|TOPIC]", "mlctl help train"}, declare,
      nullptr, run);
  return command;
}

}  // namespace mlctl
