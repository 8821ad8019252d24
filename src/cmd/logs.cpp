#include <fmt/format.h>

#include "cmd/command.h"
#include "cmd/endpoints.h"
#include "cmd/stream.h"
#include "core/serve/endpoint_log.h"

namespace mlctl {

namespace {

struct Options {
  std::string name;
  bool follow = false;
  std::optional<int64_t> tail;
};

void declare(Flags& flags, Options& options) {
  flags.positional("NAME", options.name, "the endpoint", Value::endpoint);
  flags.flag("-f,--follow", options.follow, "go on as lines are written, until Ctrl-C");
  flags.option("--tail", "N", options.tail, "only the last N lines").at_least(0);
}

Result<> print_line(Context& context, const std::string& line) {
  Json item = Json::parse(line, nullptr, false);
  if (!item.is_object()) item = {{"message", line}};
  const auto text = [&](const char* key) {
    return item.contains(key) && item[key].is_string() ? item[key].get<std::string>() : std::string();
  };
  const std::string revision = item.contains("revision") ? fmt::format("r{} ", item["revision"].dump()) : "";
  TRY(print_item(context, item,
                 fmt::format("{} {:5} {}{}", text("time"), text("level"), revision, text("message"))));
  context.io.flush();
  return {};
}

RunResult run(const Options& options, Context& context) {
  const std::string name = endpoint_name(options.name);
  TRY(serve::open_endpoint(endpoints_root(context), name));
  const std::filesystem::path folder = endpoints_root(context) / name;
  for (const std::string& line : TRY(serve::read_log(folder, options.tail.value_or(-1)))) {
    TRY(print_line(context, line));
  }
  if (!options.follow) return Exit::ok;
  TRY(serve::follow_log(
      folder, context.clock, [&context] { return context.stop || context.io.broken(); },
      [&context](const std::string& line) { return print_line(context, line); }));
  return Exit::ok;
}

}  // namespace

const Command& logs_command() {
  static const Command command(
      {"logs", "inspect", "Show what an endpoint said", "NAME [-f] [--tail N] [flags]",
       "mlctl logs fashion --tail 20\nmlctl logs fashion -f"},
      declare, nullptr, run);
  return command;
}

}  // namespace mlctl
