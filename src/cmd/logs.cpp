#include <algorithm>

#include <fmt/format.h>

#include "cmd/endpoints.h"
#include "cmd/shell/command.h"
#include "cmd/shell/resource.h"
#include "cmd/shell/stream.h"
#include "cmd/show/show.h"
#include "core/base/strings.h"
#include "core/base/visible.h"
#include "core/endpoint/endpoint_log.h"
#include "core/sys/fs.h"
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
  if (type != ResourceType::endpoint && type != ResourceType::run)
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

Result<> show_endpoint(const std::string& endpoint, const Options& options, Context& context) {
  const std::filesystem::path folder = endpoints_root(context) / endpoint;
  for (const std::string& line : TRY(serve::read_log(folder, options.tail.value_or(-1))))
    TRY(print_line(context, line));
  if (!options.follow) return {};
  return serve::follow_log(
      folder, context.clock, [&context] { return context.stop || context.io.broken(); },
      [&context](const std::string& line) { return print_line(context, line); });
}

std::string event(const std::string& time, const char* level, const std::string& message) {
  const Json line = {{"time", time}, {"level", level}, {"message", message}};
  return dump_json(line);
}

// What a run left in its folder, as lines: how it began, its metrics as they came, how it ended.
std::vector<std::string> lines_of(const RunRecord& run, const std::filesystem::path& folder) {
  std::vector<std::string> lines = {event(run.started, "info", "mlctl " + join(run.arguments, " "))};
  const std::string metrics = sys::read_file(folder / "metrics.jsonl").value_or("");
  std::vector<std::string> written = split(metrics, '\n');
  if (!written.empty()) written.pop_back();  // what follows the last line's end is being written
  lines.insert(lines.end(), written.begin(), written.end());
  if (run.status == "running") return lines;
  const bool failed = run.status == "failed";
  lines.push_back(event(run.ended, failed ? "error" : "info",
                        fmt::format("{} with exit code {}{}{}", run.status, run.exit_code,
                                    run.error.empty() ? "" : ": ", run.error)));
  return lines;
}

Result<> show_run(const std::string& id, const Options& options, Context& context) {
  RunRecord run = TRY(run_log(context).find(id));
  const std::filesystem::path folder = run_log(context).folder(run);
  std::vector<std::string> lines = lines_of(run, folder);
  size_t shown = options.tail ? lines.size() - std::min(lines.size(), static_cast<size_t>(*options.tail)) : 0;
  for (;;) {
    for (; shown < lines.size(); ++shown) TRY(print_line(context, lines[shown]));
    if (!options.follow || run.status != "running" || context.stop || context.io.broken()) return {};
    context.clock.sleep(0.2);
    run = TRY(run_log(context).find(run.id));
    lines = lines_of(run, folder);
  }
}

RunResult run(const Options& options, Context& context) {
  const ResourceRef ref = TRY(parse_resources(options.words)).front();
  const auto endpoint = serve::open_endpoint(endpoints_root(context), ref.name);
  if (ref.type != ResourceType::run && endpoint) {
    TRY(show_endpoint(ref.name, options, context));
    return Exit::ok;
  }
  const bool is_run = ref.type ? ref.type == ResourceType::run : run_log(context).find(ref.name).has_value();
  if (!is_run) return fail(endpoint.error());
  TRY(show_run(ref.name, options, context));
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
