#include <fmt/format.h>
#include <openssl/opensslv.h>
#include <boost/version.hpp>

#include "cmd/shell/command.h"
#include "cmd/shell/output.h"
#include "core/base/version.h"
#include "core/engine/engine.h"

namespace mlctl {

namespace {

struct Options {};

// The same for the same sources and libraries: no time of build.
RunResult run(const Options&, Context& context) {
  const Json libraries = {
      {"boost", fmt::format("{}.{}", BOOST_VERSION / 100000, BOOST_VERSION / 100 % 1000)},
      {"fmt", fmt::format("{}.{}.{}", FMT_VERSION / 10000, FMT_VERSION / 100 % 100, FMT_VERSION % 100)},
      {"json", fmt::format("{}.{}.{}", NLOHMANN_JSON_VERSION_MAJOR, NLOHMANN_JSON_VERSION_MINOR,
                           NLOHMANN_JSON_VERSION_PATCH)},
      {"openssl", OPENSSL_VERSION_STR}};
  const Json result = document("Version", {{"version", version()},
                                           {"commit", version_commit()},
                                           {"engine", engine_id()},
                                           {"compiler", fmt::format("g++ {}", __VERSION__)},
                                           {"libraries", libraries}});
  TRY(print(context, result, fmt::format("version/{}", version()), [](bool wide) {
    return wide ? fmt::format("mlctl {} ({})\n", version(), version_commit())
                : fmt::format("mlctl {}\n", version());
  }));
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
