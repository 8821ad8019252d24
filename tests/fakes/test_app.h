#pragma once
// Runs a command line through the whole program, in process, and shows what a user would see.

#include <string>
#include <vector>

#include "cmd/shell/app.h"

namespace mlctl::test {

struct Outcome {
  int code = -1;
  std::string out, err;
};

// What surrounds a command; by default no terminal, this process's environment and clock.
struct Surroundings {
  std::string input{};
  sys::Env env{};
  sys::Clock* clock = nullptr;
  bool terminal = false;  // for stdin, stdout and stderr
  bool colour = false;
};

inline Outcome run_in(const Surroundings& around, const std::vector<std::string>& arguments) {
  Outcome outcome;
  Io io = Io::test(outcome.out, outcome.err, around.input);
  io.in_is_tty = io.out_is_tty = io.err_is_tty = around.terminal;
  io.colour = around.colour;
  sys::Clock real_clock;
  sys::StopFlag stop;
  const sys::Env env = around.env.variables.empty() ? sys::current_env() : around.env;
  Context context{io, env, around.clock != nullptr ? *around.clock : real_clock, stop, {}};
  outcome.code = run_app(arguments, context);
  return outcome;
}

inline Outcome run(const std::vector<std::string>& arguments, std::string input = {}, sys::Env env = {}) {
  return run_in({std::move(input), std::move(env)}, arguments);
}

}  // namespace mlctl::test
