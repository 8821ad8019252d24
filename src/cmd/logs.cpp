#include <fmt/format.h>

#include "cmd/resources/resources.h"
#include "cmd/shell/command.h"
#include "cmd/shell/resource.h"
#include "cmd/shell/stream.h"
#include "cmd/show/show.h"
#include "core/base/strings.h"
#include "core/base/visible.h"
#include "core/endpoint/host.h"
#include "core/text/json.h"

namespace mlctl {

namespace {

struct Options {
  std::vector<std::string> words;
  bool follow = false;
  std::optional<int64_t> tail;
};

void declare(Flags& flags, Options& options) {
  flags.positionals("[TYPE] NAME", options.words, "an endpoint or a run", Value::resource);
  flags.flag("-f,--follow", options.follow, "go on as lines are written, until Ctrl-C or the run's end");
  flags.option("--tail", "N", options.tail, "only the last N lines").at_least(0);
}

Result<> check(const Options& options) {
  const std::vector<ResourceRef> refs = TRY(parse_resources(options.words));
  if (refs.size() != 1) return fail(Exit::usage, "logs are shown of one thing at a time");
  const ResourceType type = refs.front().type.value_or(ResourceType::endpoint);
  if (resource(type).logs == nullptr)
    return fail(Exit::usage, fmt::format("a {} says nothing: endpoints and runs do", name(type)),
                fmt::format("mlctl describe {} {}", name(type), refs.front().name));
  if (refs.front().name.empty())
    return fail(Exit::usage, fmt::format("which {}?", name(type)),
                fmt::format("mlctl get {}s lists them", name(type)));
  return {};
}

Result<> print_line(Context& context, const std::string& line) {
  Json item = json_or_discarded(line, kForeignRow);
  if (!item.is_object()) item = {{"message", line}};
  const auto text = [&](const char* key) {
    return item.contains(key) && item[key].is_string() ? item[key].get<std::string>() : std::string();
  };
  const std::string revision =
      item.contains("revision") ? fmt::format("r{} ", dump_json(item["revision"])) : "";
  TRY(print_item(context, item,
                 item.contains("message")
                     ? fmt::format("{} {:5} {}{}", visible(text("time")), visible(text("level")), revision,
                                   visible(text("message")))
                     : metrics_text(item)));
  context.io.flush();
  return {};
}

// Of a NAME alone, an endpoint's come before a run's.
Result<ResourceType> type_with_logs(Context& context, const ResourceRef& ref) {
  if (ref.type) return *ref.type;
  const auto endpoint = context.endpoints()->open(ref.name);
  if (endpoint) return ResourceType::endpoint;
  if (run_log(context).find(ref.name)) return ResourceType::run;
  return fail(endpoint.error());
}

RunResult run(const Options& options, Context& context) {
  const ResourceRef ref = TRY(parse_resources(options.words)).front();
  const Resource& kind = resource(TRY(type_with_logs(context, ref)));
  const LogWish wish{[&context](const std::string& line) { return print_line(context, line); }, options.tail,
                     options.follow};
  TRY(kind.logs(context, ref.name, wish));
  return Exit::ok;
}

}  // namespace

const Command& logs_command() {
  static const Command command(
      {"logs", "inspect", "Show what an endpoint or a run said", "[TYPE] NAME [-f] [--tail N] [flags]",
       "mlctl logs fashion --tail 20\n"
       "mlctl logs fashion -f\n"
       "# A run: how it began, its metrics, how it ended\n"
       "mlctl logs run/latest -f"},
      declare, check, run);
  return command;
}

}  // namespace mlctl
