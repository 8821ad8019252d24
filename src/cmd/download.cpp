#include <fmt/format.h>

#include "cmd/shell/command.h"
#include "cmd/shell/store_flags.h"
#include "cmd/shell/transfers.h"
#include "core/store/location.h"
#include "core/sys/fs.h"

namespace mlctl {

namespace {

struct Options {
  std::string url, path;
  TransferFlags transfer;
  StoreOptions store;
};

void declare(Flags& flags, Options& options) {
  flags.positional("URL", options.url, "an object, or a prefix with all below it", Value::stored);
  flags.positional("PATH", options.path, "a file or a folder here; - is stdout", Value::file);
  declare_transfer(flags, options.transfer);
  declare_links(flags, options.store);
  declare_version(flags, options.store);
  declare_customer_key(flags, options.store);
  declare_store(flags, options.store);
}

Result<> check(const Options& options) {
  TRY(check_place(options.url));
  if (TRY(parse_location(options.path)).scheme != "file")
    return fail(Exit::usage, fmt::format("{}: download brings objects to files here", options.path),
                fmt::format("mlctl upload {} {} copies from store to store", options.url, options.path));
  return check_transfer(options.transfer, options.path == "-", false);
}

// Bytes that turn out damaged at the end have been written by then: the exit code says so.
RunResult write_out(const Place& from, Context& context) {
  const ObjectInfo info = TRY(from.store->head(from.key));
  TRY(from.store->get_whole(info, [&](std::string_view bytes) -> Result<> {
    if (context.stop) return fail(context.stop.code(), "stopped");
    context.io.out_bytes(bytes);
    return context.io.written();
  }));
  return Exit::ok;
}

// Only an object has versions: one that is not there must not become all that is below its name.
Result<> check_version(const Place& from, const Options& options) {
  if (from.slash || from.key.empty())
    return fail(Exit::usage, fmt::format("--version-id: {} is not an object", options.url));
  TRY(from.store->head(from.key));
  return {};
}

RunResult run(const Options& options, Context& context) {
  Place from = TRY(open_place(context, options.url, options.store));
  if (!options.store.version.empty()) TRY(check_version(from, options));
  if (options.path == "-") return write_out(from, context);
  Place to = TRY(open_place(context, options.path));
  const bool into = to.slash || sys::is_folder(TRY(local_path(options.path)));
  const StoreSource source = TRY(walk_store(context, from, to, into, options.transfer.filter));
  return run_transfer(context, {"download", options.url, options.path, options.transfer, source.folder},
                      source.walk, from, to);
}

}  // namespace

const Command& download_command() {
  static const Command command(
      {"download", "storage", "Copy objects from a store to files", "URL PATH [flags]",
       "mlctl download file:///srv/store/rabbits data/rabbits\n"
       "mlctl download file:///srv/store/rabbits/dataset.json .\n"
       "# only what is newer there\n"
       "mlctl download file:///srv/store/rabbits data/rabbits --if-newer",
       "An object of exactly that name comes first, then everything below URL/. "
       "Files are verified by SHA-256 and appear whole or not at all: "
       "after an interruption the same command copies what is missing. "
       "Nothing is written or removed through a symbolic link below PATH."},
      declare, check, run);
  return command;
}

}  // namespace mlctl
