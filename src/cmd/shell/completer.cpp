#include "cmd/shell/completer.h"

#include <algorithm>

#include <fmt/format.h>

#include "cmd/shell/app.h"
#include "cmd/shell/command.h"
#include "core/base/strings.h"

namespace mlctl {

namespace {

bool takes_value(const FlagInfo& flag) {
  return !flag.value_name.empty();
}

const FlagInfo* find_flag(const std::vector<FlagInfo>& flags, const std::string& name) {
  for (const FlagInfo& flag : flags) {
    if (!flag.positional && (flag.name == name || flag.short_name == name)) return &flag;
  }
  return nullptr;
}

// What the words before the one being typed mean.
struct Situation {
  std::string command;                   // "" before the verb
  std::vector<FlagInfo> flags;           // that may stand here
  const FlagInfo* pending = nullptr;     // a flag that waits for its value
  std::vector<std::string> positionals;  // given already
  std::vector<std::string> used;         // flags given already
  std::string manifest;                  // what -f was given
  bool only_positionals = false;         // after "--"
};

void take_flag(Situation& now, const std::string& word) {
  const size_t equals = word.find('=');
  const FlagInfo* flag = find_flag(now.flags, word.substr(0, equals));
  if (flag == nullptr) return;
  now.used.push_back(flag->name);
  if (takes_value(*flag) && equals == std::string::npos) now.pending = flag;
}

void enter_command(Situation& now, const std::string& word) {
  const Command* command = find_command(word);
  now.command = word;
  now.flags.clear();
  if (command != nullptr) now.flags = flag_table(command);
}

Situation read(const std::vector<std::string>& words) {
  Situation now;
  now.flags = flag_table(nullptr);
  for (size_t i = 0; i + 1 < words.size(); ++i) {
    const std::string& word = words[i];
    if (now.pending != nullptr) {
      if (now.pending->name == "--file") now.manifest = word;
      now.pending = nullptr;
    } else if (word == "--" && !now.only_positionals) {
      now.only_positionals = true;
    } else if (word.starts_with('-') && word.size() > 1 && !now.only_positionals) {
      take_flag(now, word);
    } else if (now.command.empty()) {
      enter_command(now, word);
    } else {
      now.positionals.push_back(word);
    }
  }
  return now;
}

Completion commands() {
  Completion found;
  for (const Command* command : all_commands()) {
    if (!command->spec().hidden) found.candidates.push_back({command->spec().name, command->spec().summary});
  }
  return found;
}

Completion flag_names(const Situation& now) {
  Completion found;
  for (const FlagInfo& flag : now.flags) {
    const bool used = std::find(now.used.begin(), now.used.end(), flag.name) != now.used.end();
    if (!flag.positional && (!used || flag.repeated)) found.candidates.push_back({flag.name, flag.help});
  }
  // A command's own flags first, the global ones after them.
  std::stable_partition(found.candidates.begin(), found.candidates.end(), [&](const Candidate& candidate) {
    return !find_flag(now.flags, candidate.value)->global;
  });
  return found;
}

Completion value_of(const FlagInfo& flag, const Situation& now, const std::string& word,
                    const ValueSource& values) {
  if (flag.choices.empty()) return values({flag.value, word, now.command, now.positionals, now.manifest});
  Completion found;
  for (const std::string& choice : flag.choices) found.candidates.push_back({choice, ""});
  return found;
}

const FlagInfo* next_positional(const Situation& now) {
  size_t at = 0;
  const FlagInfo* last = nullptr;
  for (const FlagInfo& flag : now.flags) {
    if (!flag.positional) continue;
    if (at++ == now.positionals.size()) return &flag;
    last = &flag;
  }
  return last != nullptr && last->repeated ? last : nullptr;
}

void keep_prefixed(Completion& found, const std::string& word) {
  std::erase_if(found.candidates, [&](const Candidate& one) { return !one.value.starts_with(word); });
  const auto unfinished = [](const Candidate& one) {
    return one.value.ends_with('=') || one.value.ends_with('/') || one.value.ends_with('.');
  };
  if (!found.candidates.empty() && std::all_of(found.candidates.begin(), found.candidates.end(), unfinished))
    found.no_space = true;
}

Completion value_after_equals(const Situation& now, const std::string& word, const ValueSource& values) {
  const size_t equals = word.find('=');
  const FlagInfo* flag = find_flag(now.flags, word.substr(0, equals));
  if (flag == nullptr || !takes_value(*flag)) return {};
  Completion found = value_of(*flag, now, word.substr(equals + 1), values);
  for (Candidate& candidate : found.candidates) candidate.value.insert(0, word.substr(0, equals + 1));
  return found;
}

Completion all_of(const Situation& now, const std::string& word, const ValueSource& values) {
  if (now.pending != nullptr) return value_of(*now.pending, now, word, values);
  const bool flag = word.starts_with('-') && !now.only_positionals;
  if (flag && word.find('=') != std::string::npos) return value_after_equals(now, word, values);
  if (flag) return flag_names(now);
  if (now.command.empty()) return commands();
  const FlagInfo* positional = next_positional(now);
  if (positional != nullptr) return value_of(*positional, now, word, values);
  return now.only_positionals ? Completion{} : flag_names(now);
}

}  // namespace

Completion complete(const std::vector<std::string>& words, const ValueSource& values) {
  const std::string word = words.empty() ? "" : words.back();
  const Situation now = read(words);
  Completion found = all_of(now, word, values);
  keep_prefixed(found, word);
  return found;
}

std::string unquote(const std::string& word) {
  std::string plain;
  char quote = 0;
  for (size_t i = 0; i < word.size(); ++i) {
    const char c = word[i];
    if (quote != 0 && c == quote) {
      quote = 0;
    } else if (quote == 0 && (c == '"' || c == '\'')) {
      quote = c;
    } else if (c == '\\' && quote != '\'' && i + 1 < word.size()) {
      plain += word[++i];
    } else {
      plain += c;
    }
  }
  return plain;
}

}  // namespace mlctl
