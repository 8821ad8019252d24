#include <fmt/format.h>

#include "cmd/command.h"
#include "cmd/output.h"

namespace mlctl {

namespace {

struct Options {};

RunResult run(const Options&, Context& context) {
  const Json result =
      document("Version", {{"version", MLCTL_VERSION}, {"compiler", fmt::format("g++ {}", __VERSION__)}});
  TRY(print(context, result, "version/" MLCTL_VERSION, [](bool) { return "mlctl " MLCTL_VERSION "\n"; }));
  return Exit::ok;
}

}  // namespace

const Command& version_command() {
  static const Command command(
      {"version", "setup", "Print the version", "[flags]", "mlctl version -o json"}, +[](Flags&, Options&) {},
      nullptr, run);
  return command;
}

}  // namespace mlctl
