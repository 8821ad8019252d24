// The processes behind a local endpoint, as hidden commands: deploy starts the supervisor, which starts the
// workers.

#include "core/endpoint/supervisor.h"

#include "cmd/shell/command.h"
#include "core/base/strings.h"

namespace mlctl {

namespace {

struct SuperviseOptions {
  std::string folder;
};

RunResult run_supervisor(const SuperviseOptions& options, Context& context) {
  TRY(serve::supervise(options.folder, context.clock, context.stop));
  return Exit::ok;
}

struct WorkerOptions {
  std::string folder, revision;
};

RunResult run_worker(const WorkerOptions& options, Context& context) {
  const int64_t revision = TRY(parse_int(options.revision));
  TRY(serve::run_worker(
      options.folder, revision, [&context] { return context.engine(); }, context.clock, context.stop));
  return Exit::ok;
}

}  // namespace

const Command& supervise_command() {
  static const Command command(
      {"__supervise", "serving", "Supervise a local endpoint", "FOLDER", "", "", true},
      +[](Flags& flags, SuperviseOptions& options) {
        flags.positional("FOLDER", options.folder, "the endpoint's folder");
      },
      nullptr, run_supervisor);
  return command;
}

const Command& worker_command() {
  static const Command command(
      {"__worker", "serving", "Serve a revision of a local endpoint", "FOLDER REVISION", "", "", true},
      +[](Flags& flags, WorkerOptions& options) {
        flags.positional("FOLDER", options.folder, "the endpoint's folder");
        flags.positional("REVISION", options.revision, "its number");
      },
      nullptr, run_worker);
  return command;
}

}  // namespace mlctl
