#pragma once
// A command is data plus functions. To add one: write src/cmd/NAME.cpp with an Options struct, `declare`
// (flags fill the Options), `check` (pure) and `run`, end it with `const Command& NAME_command()`, and list
// it in commands.cpp.

#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include "cmd/shell/context.h"
#include "cmd/shell/flags.h"
#include "core/base/result.h"

namespace mlctl {

struct CommandSpec {
  std::string name;
  std::string group;      // heading in `mlctl help`: lifecycle | serving | inspect | manifests | setup
  std::string summary;    // one line, imperative, no full stop
  std::string usage;      // "DATASET --to MODEL [flags]"
  std::string examples;   // lines as typed, a comment line above each
  std::string details{};  // optional paragraphs
  bool hidden = false;
};

// The outcome of a command that did not fail: usually Exit::ok, or 11 for a gate, 75 for
// saved-and-interrupted, …
using RunResult = Result<Exit>;

class Command {
 public:
  template <class Options>
  Command(CommandSpec spec, void (*declare)(Flags&, Options&),
          std::type_identity_t<Result<> (*)(const Options&)> check,
          RunResult (*run)(const Options&, Context&))
      : spec_(std::move(spec)), make_([declare, check, run] {
          auto options = std::make_shared<Options>();
          Bound bound;
          bound.declare = [options, declare](Flags& flags) { declare(flags, *options); };
          bound.check = [options, check] { return check == nullptr ? Result<>{} : check(*options); };
          bound.run = [options, run](Context& context) { return run(*options, context); };
          return bound;
        }) {}

  struct Bound {
    std::function<void(Flags&)> declare;
    std::function<Result<>()> check;  // checks what was parsed; touches nothing
    std::function<RunResult(Context&)> run;
  };

  const CommandSpec& spec() const { return spec_; }
  Bound bind() const { return make_(); }  // fresh Options each time

 private:
  CommandSpec spec_;
  std::function<Bound()> make_;
};

const std::vector<const Command*>& all_commands();  // in the order of the help
const Command* find_command(const std::string& name);

}  // namespace mlctl
