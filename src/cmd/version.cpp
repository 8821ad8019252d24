#include <fmt/format.h>

#include "cmd/command.h"
#include "cmd/output.h"
#include "core/base/version.h"

namespace mlctl {

namespace {

struct Options {};

RunResult run(const Options&, Context& context) {
  const Json result = document("Version", {{"version", version()},
                                           {"commit", version_commit()},
                                           {"compiler", fmt::format("g++ {}", __VERSION__)}});
  TRY(print(context, result, fmt::format("version/{}", version()),
            [](bool) { return fmt::format("mlctl {}\n", version()); }));
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
