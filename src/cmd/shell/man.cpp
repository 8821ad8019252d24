#include "cmd/shell/man.h"

#include <algorithm>

#include <fmt/format.h>
#include <utf8proc.h>

#include "cmd/shell/app.h"
#include "cmd/shell/help.h"
#include "cmd/shell/topics.h"
#include "core/base/strings.h"
#include "core/base/version.h"

namespace mlctl {

namespace {

// Text that troff prints as it is: a leading dot or quote would be a request, "-" a hyphen that cannot be
// copied, and what is not ASCII is given by its number.
std::string escaped(const std::string& text) {
  std::string safe;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (utf8proc_int32_t codepoint = 0; static_cast<unsigned char>(c) >= 0x80) {
      const auto* at = reinterpret_cast<const utf8proc_uint8_t*>(text.data() + i);
      const auto used = utf8proc_iterate(at, static_cast<utf8proc_ssize_t>(text.size() - i), &codepoint);
      safe += fmt::format("\\[u{:04X}]", codepoint);
      i += static_cast<size_t>(std::max<utf8proc_ssize_t>(1, used)) - 1;
      continue;
    }
    const bool line_start = safe.empty() || safe.back() == '\n';
    if (line_start && (c == '.' || c == '\'')) safe += "\\&";
    if (c == '\\') {
      safe += "\\e";
    } else if (c == '-') {
      safe += "\\-";
    } else {
      safe += c;
    }
  }
  return safe;
}

std::string verbatim(const std::string& text) {
  return fmt::format(".nf\n{}\n.fi\n", escaped(std::string(trim(text))));
}

std::string flag_entry(const FlagInfo& flag) {
  std::string names = flag.short_name.empty() ? flag.name : flag.short_name + ", " + flag.name;
  if (flag.positional && flag.repeated) names += "...";
  const std::string value =
      flag.positional || flag.value_name.empty() ? "" : fmt::format(" \\fI{}\\fR", escaped(flag.value_name));
  return fmt::format(".TP\n\\fB{}\\fR{}\n{}\n", escaped(names), value, escaped(explained(flag)));
}

std::string flag_entries(const std::vector<FlagInfo>& flags, bool global) {
  std::string text;
  for (const FlagInfo& flag : flags) {
    if (flag.global == global) text += flag_entry(flag);
  }
  return text;
}

std::string command_section(const Command& command) {
  const CommandSpec& spec = command.spec();
  std::string text =
      fmt::format(".SS mlctl {} {}\n{}.\n", escaped(spec.name), escaped(spec.usage), escaped(spec.summary));
  if (!spec.details.empty()) text += ".PP\n" + escaped(std::string(trim(spec.details))) + "\n";
  text += flag_entries(flag_table(&command), false);
  if (!spec.examples.empty()) text += ".PP\n" + verbatim(spec.examples);
  return text;
}

}  // namespace

std::string man_page() {
  std::string text = fmt::format(
      ".TH MLCTL 1 \"\" \"mlctl {}\" \"User Commands\"\n"
      ".SH NAME\nmlctl \\- do for models what kubectl does for pods\n"
      ".SH SYNOPSIS\n.B mlctl\n.I COMMAND\n.RI [ flags ]\n"
      ".SH COMMANDS\n",
      escaped(version()));
  for (const Command* command : all_commands()) {
    if (!command->spec().hidden) text += command_section(*command);
  }
  text += ".SH GLOBAL FLAGS\n" + flag_entries(flag_table(nullptr), true);
  for (const Topic& topic : help_topics()) {
    std::string title = topic.name;
    for (char& c : title) c = c == '-' ? ' ' : static_cast<char>(std::toupper(c));
    text += fmt::format(".SH {}\n{}", title, verbatim(topic.text()));
  }
  return text;
}

}  // namespace mlctl
