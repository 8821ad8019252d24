#include <fmt/format.h>

#include "cmd/shell/command.h"
#include "cmd/shell/confirm.h"
#include "cmd/shell/endpoint_words.h"
#include "cmd/shell/output.h"
#include "cmd/shell/resource.h"
#include "core/base/strings.h"
#include "core/endpoint/host.h"
#include "core/run/catalog.h"
#include "core/run/gc.h"
#include "core/sys/fs.h"

namespace mlctl {

namespace {

struct Options {
  std::optional<int64_t> keep;
  bool yes = false, dry_run = false;
};

void declare(Flags& flags, Options& options) {
  flags.option("--keep", "N", options.keep, "run records to keep, the newest (default 100)").at_least(0);
  flags.flag("--dry-run", options.dry_run, "only list what would be deleted");
  flags.flag("-y,--yes", options.yes, "delete without asking");
}

// The models that endpoints serve or may be rolled back to.
std::vector<RunArtifact> served(const Context& context) {
  std::vector<RunArtifact> artifacts;
  const auto endpoints = context.endpoints();
  for (const std::string& name : endpoints->names()) {
    const Result<serve::Endpoint> endpoint = endpoints->open(name);
    if (!endpoint) continue;
    for (const serve::EndpointRevision& revision : endpoint->revisions)
      artifacts.push_back({"endpoint/" + name, revision.digest});
  }
  return artifacts;
}

Result<> print_garbage(Context& context, const std::vector<Garbage>& garbage, bool deleted) {
  Table table{{"PATH", "SIZE", "WHAT"}, {}};
  Json items = Json::array(), kept = Json::array();
  std::vector<std::string> names;
  uint64_t bytes = 0;
  for (const Garbage& item : garbage) {
    const std::string path = shown_path(item.path);
    table.rows.push_back({path, human_bytes(item.bytes), item.reason});
    (item.kept ? kept : items).push_back({{"path", path}, {"bytes", item.bytes}, {"reason", item.reason}});
    if (item.kept) continue;
    names.push_back(path);
    bytes += item.bytes;
  }
  const Json result = document(
      "GarbageCollection",
      {{"deleted", deleted}, {"bytes", bytes}, {"items", std::move(items)}, {"kept", std::move(kept)}});
  return print(context, result, join(names, "\n"),
               [&](bool wide) { return garbage.empty() ? "" : render(table, wide); });
}

RunResult run(const Options& options, Context& context) {
  std::error_code code;
  const GarbageRules rules{std::filesystem::current_path(code),
                           context.cache_folder(),
                           context.user_state_folder() / "transfers",
                           static_cast<size_t>(options.keep.value_or(100)),
                           served(context),
                           &context.stop};
  const std::vector<Garbage> found = TRY(find_garbage(rules, run_log(context)));
  std::vector<Garbage> garbage = found;
  std::erase_if(garbage, [](const Garbage& item) { return item.kept; });
  const bool ask = context.io.in_is_tty && context.io.err_is_tty;
  const bool preview = options.dry_run || garbage.empty() || (!options.yes && !ask);
  if (garbage.empty()) context.io.note("nothing to delete");
  if (preview || !options.yes) TRY(print_garbage(context, found, false));
  if (preview) {
    if (!garbage.empty()) context.io.note("nothing deleted; --yes deletes these");
    return Exit::ok;
  }
  TRY(confirm(context, fmt::format("Delete these {}?", plural(garbage.size(), "item")), options.yes));
  for (const Garbage& item : garbage) TRY(sys::remove_tree(item.path));
  if (options.yes) TRY(print_garbage(context, garbage, true));
  context.io.note(fmt::format("deleted {}", plural(garbage.size(), "item")));
  return Exit::ok;
}

}  // namespace

const Command& gc_command() {
  static const Command command(
      {"gc", "inspect", "Delete leavings: unfinished work, old run records, caches", "[flags]",
       "# A preview\nmlctl gc\nmlctl gc --yes --keep 20",
       "Unfinished work are outputs and halves of downloads below the working folder "
       "(these when nothing was written for an hour), "
       "and records of uploads that nobody went on with for a week."},
      declare, nullptr, run);
  return command;
}

}  // namespace mlctl
