#pragma once
// Runs a command line through the whole program, in process, and shows what a user would see.

#include <string>
#include <vector>

#include "cmd/app.h"

namespace mlctl::test {

struct Outcome {
  int code = -1;
  std::string out, err;
};

inline Outcome run(const std::vector<std::string>& arguments, std::string input = {}, sys::Env env = {}) {
  Outcome outcome;
  Io io = Io::test(outcome.out, outcome.err, std::move(input));
  sys::Clock clock;
  sys::StopFlag stop;
  if (env.variables.empty()) env = sys::current_env();
  Context context{io, env, clock, stop, {}};
  outcome.code = run_app(arguments, context);
  return outcome;
}

}  // namespace mlctl::test
