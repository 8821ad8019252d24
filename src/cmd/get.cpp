#include <algorithm>

#include <fmt/format.h>

#include "cmd/resources/resources.h"
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
  std::string compare;
  bool all = false;
};

void declare(Flags& flags, Options& options) {
  flags.positionals("TYPE[/NAME]", options.words,
                    "runs, datasets, models or endpoints, and names of that type", Value::resource, false);
  flags.flag("--all", options.all,
             fmt::format("all runs, not only the newest {}", resource(ResourceType::run).listed));
  flags.option("--compare", "RUN,RUN", options.compare,
               "runs beside each other: the parameters and metrics that differ", Value::run);
}

Error no_type() {
  Error error{Exit::usage, "say what to get", {}, "for example mlctl get models", {}};
  for (const ResourceWord& word : resource_words())
    error.detail += fmt::format("{}  {:10}  {}", error.detail.empty() ? "" : "\n", word.plural, word.summary);
  return error;
}

Result<> check(const Options& options) {
  TRY(parse_resources(options.words));
  if (options.words.empty() && options.compare.empty()) return fail(no_type());
  if (!options.compare.empty() && split(options.compare, ',').size() < 2)
    return fail(Exit::usage, "--compare takes two runs or more, as in --compare train-a,train-b");
  return {};
}

Result<> print_one(Inventory& inventory, const ResourceView& view, const std::string& name) {
  const Shown shown = TRY(view.summary(inventory, name));
  return print(inventory.context, shown.document, shown.name, [&](bool wide) {
    return render({view.header, {shown.cells}, view.narrow}, wide);
  });
}

Result<> print_list(Inventory& inventory, const ResourceView& view, const std::vector<std::string>& names,
                    bool given) {
  Table table{view.header, {}, view.narrow};
  Json items = Json::array();
  std::vector<std::string> shown_names;
  for (const std::string& name : names) {
    Result<Shown> shown = view.summary(inventory, name);
    if (!shown && given) return fail(shown.error());
    if (!shown) {  // one broken folder must not hide the others
      inventory.context.io.warn(sentence(shown.error()));
      continue;
    }
    table.rows.push_back(std::move(shown->cells));
    items.push_back(std::move(shown->document));
    shown_names.push_back(visible(shown->name));
  }
  if (table.rows.empty()) inventory.context.io.note(fmt::format("no {}s found", name(view.type)));
  if (table.rows.empty() && inventory.context.flags.output == "name") return {};
  return print(inventory.context, list_document(std::move(items)), join(shown_names, "\n"),
               [&](bool wide) { return table.rows.empty() ? "" : render(table, wide); });
}

Result<> compare(Inventory& inventory, const std::string& list) {
  std::vector<RunRecord> runs;
  for (const std::string& id : split(list, ',')) runs.push_back(TRY(run_log(inventory.context).find(id)));
  const Shown shown = compare_runs(runs);
  return print(inventory.context, shown.document, shown.name, [&](bool) { return shown.text; });
}

RunResult run(const Options& options, Context& context) {
  Inventory inventory = TRY(take_inventory(context));
  if (!options.compare.empty()) {
    TRY(compare(inventory, options.compare));
    return Exit::ok;
  }
  const auto parsed = TRY(parse_resources(options.words));
  const std::vector<ResourceRef> refs = TRY(resolve_types(context, parsed));
  const ResourceView& view = view_of(*refs.front().type);
  if (refs.size() == 1 && !refs.front().name.empty()) {
    TRY(print_one(inventory, view, refs.front().name));
    return Exit::ok;
  }
  std::vector<std::string> names;
  for (const ResourceRef& ref : refs) names.push_back(ref.name);
  const bool given = !refs.front().name.empty();
  sys::PassedOver passed;
  if (!given) names = TRY(resource_names(context, view.type, &passed));
  for (const std::string& sentence : sys::sentences(passed)) context.io.note(sentence);
  const size_t listed = given || options.all ? 0 : resource(view.type).listed;
  if (listed > 0 && names.size() > listed) {
    context.io.note(fmt::format("the newest {} of {}; --all shows the others", listed, names.size()));
    names.resize(listed);
  }
  TRY(print_list(inventory, view, names, given));
  return Exit::ok;
}

}  // namespace

const Command& get_command() {
  static const Command command(
      {"get", "inspect", "List runs, datasets, models or endpoints", "TYPE [NAME...] | TYPE/NAME [flags]",
       "mlctl get runs\n"
       "mlctl get models -o wide\n"
       "# One value, for a script\n"
       "mlctl get model models/rabbits -o 'jsonpath={.evaluation.metrics.accuracy}'\n"
       "# What changed between two runs\n"
       "mlctl get runs --compare train-20260131-120000-3f2a,latest"},
      declare, check, run);
  return command;
}

}  // namespace mlctl
