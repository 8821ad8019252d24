#include <fmt/format.h>

#include "cmd/command.h"
#include "cmd/output.h"
#include "cmd/resource.h"
#include "cmd/show.h"
#include "core/run/cause.h"
#include "core/run/lineage.h"
#include "core/serve/endpoint_log.h"

namespace mlctl {

namespace {

constexpr int64_t kLogLines = 50;

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

struct Answer {
  std::string name;
  Cause cause;
  std::vector<RunRecord> sources;  // where what it serves, or is, comes from
};

Result<Answer> ask_run(const Inventory& inventory, const std::string& name) {
  const RunRecord run = TRY(run_log(inventory.context).find(name));
  Answer answer{"run/" + run.id, cause_of(run), {}};
  for (const RunArtifact& input : run.inputs) {
    for (RunRecord& source : made_by(inventory.runs, input.digest))
      answer.sources.push_back(std::move(source));
  }
  return answer;
}

Result<Answer> ask_endpoint(const Inventory& inventory, const std::string& name) {
  const auto root = inventory.context.user_state_folder() / "endpoints";
  const serve::Endpoint endpoint = TRY(serve::open_endpoint(root, name));
  const auto log = serve::read_log(root / name, kLogLines).value_or(std::vector<std::string>{});
  const serve::EndpointRevision* current = endpoint.revision(endpoint.status.revision);
  return Answer{"endpoint/" + name, cause_of(endpoint, log),
                current == nullptr ? std::vector<RunRecord>{} : made_by(inventory.runs, current->digest)};
}

// Of a model or dataset one asks where it comes from, and of a model why it may not be deployed.
Result<Answer> ask_content(Inventory& inventory, ResourceType type, const std::string& name) {
  const Shown shown = TRY(view_of(type).summary(inventory, name));
  Answer answer{shown.name, {true, "it is whole", ""}, {}};
  const std::string digest = shown.document["digest"];
  answer.sources = made_by(inventory.runs, digest);
  if (type == ResourceType::dataset || shown.document["evaluation"].is_null()) return answer;
  for (const Json& gate : shown.document["evaluation"].value("gates", Json::array())) {
    if (gate["passed"] == false)
      answer.cause = {false,
                      fmt::format("its newest evaluation failed the gate {}: {}", readable(gate["expr"]),
                                  readable(gate["value"])),
                      "train longer, clean the data, or deploy with --force, which is recorded"};
  }
  return answer;
}

Result<Answer> ask(Inventory& inventory, const ResourceRef& ref) {
  if (ref.type == ResourceType::run) return ask_run(inventory, ref.name);
  if (ref.type == ResourceType::endpoint) return ask_endpoint(inventory, ref.name);
  return ask_content(inventory, *ref.type, ref.name);
}

RunResult run(const Options& options, Context& context) {
  Inventory inventory = TRY(take_inventory(context));
  const auto parsed = TRY(parse_resources(options.words));
  const auto refs = TRY(resolve_types(context, parsed));
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
  return Exit::ok;
}

}  // namespace

const Command& why_command() {
  static const Command command(
      {"why", "inspect", "Name the cause of a trouble and one fix", "TYPE/NAME [flags]",
       "mlctl why endpoint rabbits\nmlctl why run/latest\n"
       "# Why deploy refuses it, and which data it was made of\nmlctl why model models/rabbits"},
      declare, check, run);
  return command;
}

}  // namespace mlctl
