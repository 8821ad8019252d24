#include <fmt/format.h>

#include "cmd/resources/resources.h"
#include "cmd/shell/command.h"
#include "cmd/shell/output.h"
#include "cmd/shell/resource.h"
#include "cmd/show/show.h"
#include "core/run/catalog.h"
#include "core/run/lineage.h"
#include "core/sys/fs.h"

namespace mlctl {

namespace {

struct Options {
  std::vector<std::string> words;
};

void declare(Flags& flags, Options& options) {
  flags.positionals("TYPE/NAME", options.words, "a run, endpoint, model or dataset", Value::resource);
}

Result<> check(const Options& options) {
  const auto refs = TRY(parse_resources(options.words));
  if (refs.size() != 1 || refs.front().name.empty())
    return fail(Exit::usage, "name one thing, as in mlctl why endpoint rabbits");
  return {};
}

// The place of which NAME, or NAME.partial, is the unfinished folder; nothing when NAME is finished or was
// never begun.
std::optional<std::filesystem::path> unfinished(const ResourceRef& ref) {
  if (ref.type && !resource(*ref.type).is_folder) return std::nullopt;
  std::filesystem::path place = place_of({}, ref.name);
  if (place.extension() == ".partial") {
    place.replace_extension();
  } else if (sys::exists(place)) {
    return std::nullopt;
  }
  return sys::exists(place.string() + ".partial/.mlctl-journal") ? std::optional(place) : std::nullopt;
}

Result<Answer> ask(Inventory& inventory, ResourceRef ref) {
  if (const auto place = unfinished(ref))
    return Answer{shown_path(*place) + ".partial", cause_of_partial(inventory.runs, *place), {}};
  if (!ref.type) ref.type = TRY(type_of_name(inventory.context, ref.name));
  return resource(*ref.type).why(inventory, ref.name);
}

RunResult run(const Options& options, Context& context) {
  Inventory inventory = TRY(take_inventory(context));
  const auto refs = TRY(parse_resources(options.words));
  const Answer answer = TRY(ask(inventory, refs.front()));
  const Json result = document("Why", {{"name", answer.name},
                                       {"healthy", answer.cause.healthy},
                                       {"cause", answer.cause.cause},
                                       {"fix", answer.cause.fix},
                                       {"madeBy", lineage_json(answer.sources)},
                                       {"removed", removals(answer.sources)}});
  TRY(print(context, result, answer.name, [&](bool) {
    return fields({{"Name", answer.name}, {"Cause", answer.cause.cause}, {"Fix", answer.cause.fix}}) +
           section("Comes from", lineage_text(answer.sources)) +
           section("Rows that clean removed", removals_text(removals(answer.sources)));
  }));
  return answer.code;
}

}  // namespace

const Command& why_command() {
  static const Command command(
      {"why", "inspect", "Name the cause of a trouble and one fix", "TYPE/NAME [flags]",
       "mlctl why endpoint rabbits\n"
       "mlctl why run/latest\n"
       "# Whether it is whole, why deploy refuses it, and which data it was made of\n"
       "mlctl why model models/rabbits",
       "A dataset or model is verified by its hashes: exit 10 when a file differs. "
       "An unfinished one is said to be so, with the command that goes on."},
      declare, check, run);
  return command;
}

}  // namespace mlctl
