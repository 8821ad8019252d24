#include "cloud/credentials/process.h"

#include <fmt/format.h>

#include "core/sys/spawn.h"
#include "core/text/json.h"

namespace mlctl::keys {

Result<std::vector<std::string>> split_words(const std::string& line, const std::string& place) {
  std::vector<std::string> words;
  bool in_word = false;
  char quote = 0;
  for (size_t at = 0; at < line.size(); ++at) {
    const char c = line[at];
    const bool blank = c == ' ' || c == '\t';
    if (quote == 0 && blank) {
      in_word = false;
      continue;
    }
    if (!in_word) words.emplace_back();
    in_word = true;
    if (quote == 0 && (c == '"' || c == '\'')) {
      quote = c;
    } else if (c == quote) {
      quote = 0;
    } else if (c == '\\' && quote != '\'' && at + 1 < line.size()) {
      words.back() += line[++at];
    } else {
      words.back() += c;
    }
  }
  if (quote != 0) return fail(Exit::auth, fmt::format("{}: the command has an open quote", place));
  if (words.empty()) return fail(Exit::auth, fmt::format("{}: the command is empty", place));
  return words;
}

Result<Json> json_of_process(const Asking& asking, const std::string& command, const std::string& place) {
  const std::vector<std::string> words = TRY(split_words(command, place));
  const Result<std::string> printed = sys::run_and_read(words, asking.patience);
  if (!printed)
    return fail(Exit::auth, fmt::format("{}: {}", place, printed.error().message),
                "run the command by hand to see what is wrong");
  Json json = json_or_discarded(*printed);
  if (!json.is_object())
    return fail(Exit::auth, fmt::format("{}: {} did not print JSON", place, words.front()));
  return json;
}

}  // namespace mlctl::keys
