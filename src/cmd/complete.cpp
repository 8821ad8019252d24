// `mlctl __complete`: what the scripts of `mlctl completion` ask when Tab is pressed. One candidate a line
// with a tab before its description; the last line is ":" and the directives files, folders, nospace.

#include "cmd/shell/command.h"
#include "cmd/shell/completer.h"
#include "cmd/shell/store_completion.h"
#include "cmd/shell/values.h"
#include "core/base/visible.h"

namespace mlctl {

namespace {

struct Options {
  bool quoted = false;
  std::vector<std::string> words;
};

void declare(Flags& flags, Options& options) {
  flags.flag("--quoted", options.quoted, "the words are as typed, with their quotes");
  flags.positionals("WORDS", options.words, "the words after mlctl; the last one is being typed", Value::any,
                    false);
}

RunResult run(const Options& options, Context& context) {
  context.io.verbosity = Verbosity::quiet;  // nothing may come between the words on the line
  std::vector<std::string> words = options.words;
  if (options.quoted) {
    for (std::string& word : words) word = unquote(word);
  }
  const ValueSource local = local_values(context);
  const Completion found = complete(words, [&](const ValueRequest& request) {
    Completion stored = complete_store(context, request.word);
    return stored.candidates.empty() ? local(request) : stored;
  });
  for (const Candidate& candidate : found.candidates)
    context.io.out(visible(candidate.value) + "\t" + visible(candidate.description) + "\n");
  context.io.out_line(std::string(":") + (found.files ? " files" : "") + (found.folders ? " folders" : "") +
                      (found.no_space ? " nospace" : ""));
  return Exit::ok;
}

}  // namespace

const Command& complete_command() {
  static const Command command({.name = "__complete",
                                .group = "setup",
                                .summary = "Offer values for Tab",
                                .usage = "[--quoted] -- WORD...",
                                .examples = "",
                                .hidden = true},
                               declare, nullptr, run);
  return command;
}

}  // namespace mlctl
