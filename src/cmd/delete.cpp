#include <fmt/format.h>

#include "cmd/command.h"
#include "cmd/confirm.h"
#include "cmd/output.h"
#include "cmd/resource.h"
#include "core/base/strings.h"
#include "core/run/catalog.h"
#include "core/serve/endpoints.h"
#include "core/sys/fs.h"

namespace mlctl {

namespace {

struct Options {
  std::vector<std::string> words;
  bool yes = false, dry_run = false;
};

void declare(Flags& flags, Options& options) {
  flags.positionals("TYPE NAME", options.words, "what to delete, as TYPE NAME... or TYPE/NAME...",
                    Value::resource);
  flags.flag("-y,--yes", options.yes, "do not ask");
  flags.flag("--dry-run", options.dry_run, "only say what would be deleted");
}

Result<> check(const Options& options) {
  for (const ResourceRef& ref : TRY(parse_resources(options.words))) {
    if (!ref.type)
      return fail(Exit::usage, fmt::format("\"{}\": say what it is", ref.name),
                  fmt::format("mlctl delete run, dataset, model or endpoint {}", ref.name));
    if (ref.name.empty())
      return fail(Exit::usage, fmt::format("which {}?", name(*ref.type)),
                  fmt::format("mlctl get {}s lists them", name(*ref.type)));
  }
  return {};
}

// One thing to delete: the folder that goes, or the endpoint.
struct Target {
  ResourceType type;
  std::string name;
  std::filesystem::path folder;
};

Result<Target> locate(const Context& context, const std::vector<RunRecord>& runs, const ResourceRef& ref) {
  const ResourceType type = *ref.type;
  if (type == ResourceType::endpoint) {
    const auto root = context.user_state_folder() / "endpoints";
    TRY(serve::open_endpoint(root, ref.name));
    return Target{type, ref.name, root / ref.name};
  }
  if (type == ResourceType::run) {
    const RunRecord run = TRY(run_log(context).find(ref.name));
    if (run.status == "running")
      return fail(Exit::conflict, fmt::format("run {} is running (process {})", run.id, run.process.pid),
                  "stop it first");
    return Target{type, run.id, run_log(context).folder(run)};
  }
  const auto folder =
      TRY(find_in_catalog(runs, type == ResourceType::model ? kModelMark : kDatasetMark, ref.name));
  return Target{type, folder.string(), folder};
}

Result<> remove(Context& context, const Target& target) {
  if (target.type == ResourceType::endpoint)
    return serve::delete_endpoint(target.folder.parent_path(), target.name, context.clock);
  return sys::remove_tree(target.folder);
}

Result<> report(Context& context, const std::vector<Target>& targets, const char* done) {
  std::vector<std::string> names;
  std::string text;
  for (const Target& target : targets) {
    names.push_back(fmt::format("{}/{}", name(target.type), target.name));
    text += fmt::format("{} {}\n", names.back(), done);
  }
  return print(context, document("Deletion", {{"result", done}, {"names", names}}), join(names, "\n"),
               [&](bool) { return text; });
}

RunResult run(const Options& options, Context& context) {
  const std::vector<RunRecord> runs = TRY(run_log(context).list());
  std::vector<Target> targets;
  for (const ResourceRef& ref : TRY(parse_resources(options.words)))
    targets.push_back(TRY(locate(context, runs, ref)));
  if (options.dry_run) {
    TRY(report(context, targets, "would be deleted"));
    return Exit::ok;
  }
  std::vector<std::string> names;
  for (const Target& target : targets) names.push_back(fmt::format("{} {}", name(target.type), target.name));
  TRY(confirm(context, fmt::format("Delete {}?", join(names, ", ")), options.yes));
  for (const Target& target : targets) TRY(remove(context, target));
  TRY(report(context, targets, "deleted"));
  return Exit::ok;
}

}  // namespace

const Command& delete_command() {
  static const Command command(
      {"delete", "inspect", "Delete a run, dataset, model or endpoint", "TYPE NAME... | TYPE/NAME... [flags]",
       "mlctl delete endpoint rabbits\nmlctl delete model models/old --yes\n"
       "mlctl delete run train-20260131-120000-3f2a --dry-run",
       "Asks on a terminal; elsewhere --yes is needed. A folder goes only if it holds a dataset.json or "
       "model.json."},
      declare, check, run);
  return command;
}

}  // namespace mlctl
