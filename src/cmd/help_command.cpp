#include <fmt/format.h>

#include "cmd/shell/app.h"
#include "cmd/shell/help.h"
#include "cmd/shell/man.h"
#include "cmd/shell/topics.h"
#include "core/base/strings.h"

namespace mlctl {

namespace {

struct Options {
  std::string topic;
};

void declare(Flags& flags, Options& options) {
  flags.positional("COMMAND|TOPIC", options.topic, "a command or a topic", Value::topic, false);
}

Error unknown(const std::string& word) {
  std::vector<std::string> known = {"man"};
  for (const Command* command : all_commands()) known.push_back(command->spec().name);
  for (const Topic& topic : help_topics()) known.push_back(topic.name);
  const std::string near = did_you_mean(word, known);
  return {Exit::usage,
          fmt::format("no command or topic \"{}\"", word),
          {},
          near.empty() ? "mlctl help lists both" : fmt::format("did you mean mlctl help {}?", near),
          {}};
}

Result<std::string> help_on(const std::string& word) {
  if (word.empty()) return overview();
  if (word == "man") return man_page();
  if (const Topic* topic = find_topic(word)) return topic->text();
  if (const Command* command = find_command(word)) return command_help(*command, flag_table(command));
  return fail(unknown(word));
}

RunResult run(const Options& options, Context& context) {
  context.io.out(TRY(help_on(options.topic)));
  return Exit::ok;
}

}  // namespace

const Command& help_command() {
  static const Command command(
      {"help", "setup", "Explain a command or a topic", "[COMMAND|TOPIC]",
       "mlctl help train\nmlctl help exit-codes\n# A man page\nmlctl help man | man -l -"},
      declare, nullptr, run);
  return command;
}

}  // namespace mlctl
