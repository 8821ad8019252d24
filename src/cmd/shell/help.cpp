#include "cmd/shell/help.h"

#include <fmt/format.h>

#include "cmd/shell/topics.h"
#include "core/base/strings.h"
#include "core/manifest/config.h"

namespace mlctl {

namespace {

struct Group {
  const char* name;
  const char* title;
};
constexpr Group kGroups[] = {
    {"lifecycle", "The life of a model"},
    {"models", "More with models"},
    {"storage", "Storage"},
    {"serving", "Service"},
    {"manifests", "Manifests"},
    {"inspect", "Looking and waiting"},
    {"setup", "Set-up"},
};

std::string indented(const std::string& text) {
  std::string lines;
  for (const std::string& line : split(std::string(trim(text)), '\n')) lines += fmt::format("  {}\n", line);
  return lines;
}

std::string left_column(const FlagInfo& info) {
  if (info.positional) return info.repeated ? info.name + "..." : info.name;
  const std::string names = info.short_name.empty() ? "    " + info.name : info.short_name + ", " + info.name;
  return info.value_name.empty() ? names : names + " " + info.value_name;
}

}  // namespace

std::string explained(const FlagInfo& info) {
  return info.setting.empty() ? info.help
                              : fmt::format("{} (${})", info.help, setting_variable(info.setting));
}

namespace {

std::string flag_lines(const std::vector<FlagInfo>& flags, bool positional, bool global) {
  std::string lines;
  for (const FlagInfo& info : flags) {
    if (info.positional != positional || info.global != global) continue;
    const std::string left = left_column(info);
    lines += left.size() > 30 ? fmt::format("  {}\n  {:30}  {}\n", left, "", explained(info))
                              : fmt::format("  {:30}  {}\n", left, explained(info));
  }
  return lines;
}

std::string section(const char* title, const std::string& lines) {
  return lines.empty() ? "" : fmt::format("\n{}:\n{}", title, lines);
}

}  // namespace

std::string overview() {
  std::string text = "mlctl does for models what kubectl does for pods.\n\nUsage: mlctl COMMAND [flags]\n";
  for (const Group& group : kGroups) {
    std::string lines;
    for (const Command* command : all_commands()) {
      const CommandSpec& spec = command->spec();
      if (!spec.hidden && spec.group == group.name)
        lines += fmt::format("  {:12}  {}\n", spec.name, spec.summary);
    }
    text += section(group.title, lines);
  }
  std::string topics;
  for (const Topic& topic : help_topics()) topics += fmt::format("  {:12}  {}\n", topic.name, topic.summary);
  return text + section("Topics", topics) +
         "\nmlctl COMMAND --help shows a command's flags, mlctl help TOPIC explains a topic.\n";
}

std::string command_help(const Command& command, const std::vector<FlagInfo>& flags) {
  const CommandSpec& spec = command.spec();
  std::string text = fmt::format("{}.\n\nUsage:\n  mlctl {} {}\n", spec.summary, spec.name, spec.usage);
  if (!spec.details.empty()) text += "\n" + std::string(trim(spec.details)) + "\n";
  if (!spec.examples.empty()) text += section("Examples", indented(spec.examples));
  text += section("Arguments", flag_lines(flags, true, false));
  text += section("Flags", flag_lines(flags, false, false));
  return text + section("Global flags", flag_lines(flags, false, true));
}

}  // namespace mlctl
