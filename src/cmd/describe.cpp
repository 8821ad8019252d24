#include <algorithm>

#include "cmd/shell/command.h"
#include "cmd/shell/output.h"
#include "cmd/shell/resource.h"
#include "cmd/show/show.h"
#include "core/base/strings.h"
#include "core/base/visible.h"

namespace mlctl {

namespace {

struct Options {
  std::vector<std::string> words;
};

void declare(Flags& flags, Options& options) {
  flags.positionals("[TYPE] NAME", options.words,
                    "a run, dataset, model or endpoint; several runs are compared", Value::resource);
}

Result<> check(const Options& options) {
  const auto refs = TRY(parse_resources(options.words));
  if (refs.front().name.empty()) {
    return fail(Exit::usage, "which " + std::string(name(*refs.front().type)) + "?",
                "mlctl get " + std::string(name(*refs.front().type)) + "s lists them");
  }
  return {};
}

RunResult run(const Options& options, Context& context) {
  Inventory inventory = TRY(take_inventory(context));
  const auto parsed = TRY(parse_resources(options.words));
  const std::vector<ResourceRef> refs = TRY(resolve_types(context, parsed));
  const bool runs = std::all_of(refs.begin(), refs.end(),
                                [](const ResourceRef& ref) { return ref.type == ResourceType::run; });
  if (runs && refs.size() > 1) {
    std::vector<RunRecord> records;
    for (const ResourceRef& ref : refs) records.push_back(TRY(run_log(context).find(ref.name)));
    const Shown shown = compare_runs(records);
    TRY(print(context, shown.document, shown.name, [&](bool) { return shown.text; }));
    return Exit::ok;
  }
  Json items = Json::array();
  std::vector<std::string> names, texts;
  for (const ResourceRef& ref : refs) {
    Shown shown = TRY(view_of(*ref.type).description(inventory, ref.name));
    items.push_back(std::move(shown.document));
    names.push_back(visible(shown.name));
    texts.push_back(std::move(shown.text));
  }
  const Json result = items.size() == 1 ? items.front() : list_document(items);
  TRY(print(context, result, join(names, "\n"), [&](bool) { return join(texts, "\n"); }));
  return Exit::ok;
}

}  // namespace

const Command& describe_command() {
  static const Command command(
      {"describe", "inspect", "Show one thing at length: samples, layers, metrics, lineage",
       "[TYPE] NAME... [flags]",
       "mlctl describe data/rabbits\n"
       "mlctl describe model models/rabbits\n"
       "mlctl describe endpoint/rabbits\n"
       "# What differs between two runs\n"
       "mlctl describe run train-20260131-120000-3f2a latest"},
      declare, check, run);
  return command;
}

}  // namespace mlctl
