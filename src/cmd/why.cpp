#include <fmt/format.h>

#include "cmd/endpoints.h"
#include "cmd/shell/command.h"
#include "cmd/shell/output.h"
#include "cmd/shell/progress.h"
#include "cmd/shell/resource.h"
#include "cmd/show/show.h"
#include "core/data/dataset.h"
#include "core/endpoint/endpoint_log.h"
#include "core/model/package.h"
#include "core/run/catalog.h"
#include "core/run/lineage.h"
#include "core/sys/fs.h"
#include "core/why/cause.h"

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
  Exit code = Exit::ok;            // 10 for a damaged file
};

Result<Answer> ask_run(const Inventory& inventory, const std::string& name) {
  const RunRecord run = TRY(run_log(inventory.context).find(name));
  return Answer{"run/" + run.id, cause_of(run), sources_of(inventory.runs, run)};
}

Result<Answer> ask_endpoint(const Inventory& inventory, const std::string& name) {
  const auto root = endpoints_root(inventory.context);
  const serve::Endpoint endpoint = TRY(serve::open_endpoint(root, name));
  const auto log = serve::read_log(root / name, kLogLines).value_or(std::vector<std::string>{});
  return Answer{"endpoint/" + name, cause_of(endpoint, log), sources_of(inventory.runs, endpoint)};
}

Result<> verify(Inventory& inventory, ResourceType type, const std::string& name) {
  if (type == ResourceType::model) {
    const StagedIn copy = TRY(stage_in(inventory.context, name));
    return open_model(copy.path).map([](auto&&) {});
  }
  if (!is_stored(name)) return verify_dataset(name, TRY(open_dataset(name)));
  StoredShards shards = TRY(open_stored_dataset(inventory.context, name));
  Progress bar(inventory.context, "compare", "B", shards.bytes());
  return shards.compare([&](std::string_view bytes) -> Result<> {
    bar.advance(bytes.size());
    return {};
  });
}

// For a dataset or model the question is whether it is whole and where it comes from; for a model also why
// it may not be deployed.
Result<Answer> ask_content(Inventory& inventory, ResourceType type, const std::string& name) {
  const Shown shown = TRY(view_of(type).summary(inventory, name));
  const std::string path = shown.document["name"];
  Answer answer{shown.name, {true, "it is whole: every file is as it was made", ""}, {}};
  answer.sources = made_by(inventory.runs, {path, shown.document["digest"]});
  if (const Result<> whole = verify(inventory, type, path); !whole) {
    answer.cause = {false, sentence(whole.error()), whole.error().hint};
    answer.code = whole.error().code;
    return answer;
  }
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

// The place of which NAME, or NAME.partial, is the unfinished folder; nothing when NAME is finished or was
// never begun.
std::optional<std::filesystem::path> unfinished(const ResourceRef& ref) {
  if (ref.type == ResourceType::run || ref.type == ResourceType::endpoint) return std::nullopt;
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
  if (ref.type == ResourceType::run) return ask_run(inventory, ref.name);
  if (ref.type == ResourceType::endpoint) return ask_endpoint(inventory, ref.name);
  return ask_content(inventory, *ref.type, ref.name);
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
