#include <algorithm>

#include <fmt/format.h>

#include "cmd/resources/resources.h"
#include "cmd/shell/command.h"
#include "cmd/shell/confirm.h"
#include "cmd/shell/output.h"
#include "cmd/shell/resource.h"
#include "cmd/shell/workspace.h"
#include "core/base/strings.h"
#include "core/base/visible.h"
#include "core/endpoint/host.h"
#include "core/run/catalog.h"
#include "core/run/lineage.h"

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
    if (ref.type && ref.name.empty())
      return fail(Exit::usage, fmt::format("which {}?", name(*ref.type)),
                  fmt::format("mlctl get {}s lists them", name(*ref.type)));
  }
  return {};
}

// A deletion does not guess the type: it says which one it would be.
Error untyped(Context& context, const std::string& what) {
  const Result<ResourceType> type = type_of_name(context, what);
  return {Exit::usage,
          fmt::format("\"{}\": say what it is", what),
          {},
          type ? fmt::format("did you mean mlctl delete {} {}?", name(*type), what) : type.error().hint,
          {}};
}

Result<Removal> locate(Context& context, const std::vector<RunRecord>& runs, const ResourceRef& ref) {
  if (is_stored(ref.name)) {
    return fail(Exit::usage, fmt::format("delete is about what is here, not about {}", ref.name),
                fmt::format("mlctl rm {} --recursive removes it", ref.name));
  }
  if (!ref.type) return fail(untyped(context, ref.name));
  return resource(*ref.type).locate(context, runs, ref.name);
}

// Running endpoints that serve the model, or a model made from the dataset; without endpoints that are
// deleted, too.
std::vector<std::string> endpoints_on(const Context& context, const std::vector<RunRecord>& runs,
                                      const Removal& target, const std::vector<Removal>& all) {
  std::vector<std::string> names;
  const std::string digest = content_at(target.folder);
  const std::vector<RunRecord> users = used_by(runs, {target.folder, digest});
  const auto endpoints = context.endpoints();
  for (const std::string& each : endpoints->names()) {
    const auto endpoint = endpoints->open(each);
    if (!endpoint || endpoint->state == "down") continue;
    const bool goes = std::any_of(all.begin(), all.end(), [&](const Removal& other) {
      return other.type == ResourceType::endpoint && other.name == each;
    });
    const serve::EndpointRevision* current = endpoint->revision(endpoint->status.revision);
    if (goes || current == nullptr) continue;
    const bool from_it = std::any_of(users.begin(), users.end(), [&](const RunRecord& run) {
      return std::any_of(run.outputs.begin(), run.outputs.end(), [&](const RunArtifact& output) {
        return output.path == "endpoint/" + each && output.digest == current->digest;
      });
    });
    if (from_it || current->digest == digest) names.push_back(each);
  }
  return names;
}

// The endpoint has a copy and would go on serving. But its origin would be gone, and with it what `why`
// suggests.
Result<> spare_served(Context& context, const std::vector<RunRecord>& runs,
                      const std::vector<Removal>& targets, bool only_warn) {
  for (const Removal& target : targets) {
    if (!resource(target.type).is_folder) continue;
    for (const std::string& endpoint : endpoints_on(context, runs, target, targets)) {
      const std::string what = fmt::format("endpoint {} serves {}{} {}", endpoint,
                                           resource(target.type).has_evaluation ? "" : "a model made from ",
                                           name(target.type), target.name);
      if (!only_warn)
        return fail(
            Exit::conflict, what,
            fmt::format("mlctl delete endpoint {} first; or --yes: it goes on with its copy", endpoint));
      context.io.warn(
          fmt::format("{}; it goes on with its copy until mlctl delete endpoint {}", what, endpoint));
    }
  }
  return {};
}

Result<> report(Context& context, const std::vector<Removal>& targets, const char* done) {
  std::vector<std::string> names;
  std::string text;
  for (const Removal& target : targets) {
    names.push_back(visible(fmt::format("{}/{}", name(target.type), target.name)));
    text += fmt::format("{} {}\n", names.back(), done);
  }
  return print(context, document("Deletion", {{"result", done}, {"names", names}}), join(names, "\n"),
               [&](bool) { return text; });
}

RunResult run(const Options& options, Context& context) {
  const std::vector<RunRecord> runs = TRY(run_log(context).list());
  std::vector<Removal> targets;
  for (const ResourceRef& ref : TRY(parse_resources(options.words)))
    targets.push_back(TRY(locate(context, runs, ref)));
  TRY(spare_served(context, runs, targets, options.yes || options.dry_run));
  if (options.dry_run) {
    TRY(report(context, targets, "would be deleted"));
    return Exit::ok;
  }
  std::vector<std::string> names;
  for (const Removal& target : targets) names.push_back(fmt::format("{} {}", name(target.type), target.name));
  TRY(confirm(context, fmt::format("Delete {}?", join(names, ", ")), options.yes));
  for (const Removal& target : targets) TRY(resource(target.type).remove(context, target));
  TRY(report(context, targets, "deleted"));
  return Exit::ok;
}

}  // namespace

const Command& delete_command() {
  static const Command command(
      {"delete", "inspect", "Delete a run, dataset, model or endpoint", "TYPE NAME... | TYPE/NAME... [flags]",
       "mlctl delete endpoint rabbits\n"
       "mlctl delete model models/old --yes\n"
       "mlctl delete run train-20260131-120000-3f2a --dry-run",
       "Asks on a terminal; elsewhere --yes is needed. "
       "A folder goes only if it holds a dataset.json or model.json. A\n"
       "model that a running endpoint serves, or a dataset such a model was made from, is refused (6)\n"
       "without --yes."},
      declare, check, run);
  return command;
}

}  // namespace mlctl
