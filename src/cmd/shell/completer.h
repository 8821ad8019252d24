#pragma once
// What Tab offers on a command line. It is decided from the commands' own flag tables, so a new flag
// completes without another line of code. Pure, except for the values that it gets from `values`.

#include <functional>
#include <string>
#include <vector>

#include "cmd/shell/flags.h"

namespace mlctl {

struct Candidate {
  std::string value, description;
  auto operator<=>(const Candidate&) const = default;
};

struct Completion {
  std::vector<Candidate> candidates;
  bool files = false, folders = false;  // completed by the shell itself, when nothing above matches
  bool no_space = false;                // more is to be typed after the candidate
};

// What is known when a value is asked for.
struct ValueRequest {
  Value kind = Value::any;
  std::string word;                  // as typed so far
  std::string command;               // the verb
  std::vector<std::string> earlier;  // positional arguments before this one
  std::string manifest;              // what -f was given
};
using ValueSource = std::function<Completion(const ValueRequest&)>;

// `words` are those after `mlctl`, unquoted; the last one is being typed and may be empty. The result's
// candidates all begin with it.
Completion complete(const std::vector<std::string>& words, const ValueSource& values);

// A word as bash or fish show it before quote removal ("my da, my\ da, 'my da) → my da. A quote still open is
// fine.
std::string unquote(const std::string& word);

}  // namespace mlctl
