#include <fmt/format.h>

#include "cmd/resources/resources.h"
#include "cmd/shell/command.h"
#include "cmd/shell/output.h"
#include "cmd/shell/resource.h"
#include "core/base/strings.h"
#include "core/base/units.h"

namespace mlctl {

namespace {

constexpr double kPoll = 0.2;  // seconds

struct Options {
  std::vector<std::string> words;
  std::string condition = "", timeout = "10m";
};

void declare(Flags& flags, Options& options) {
  flags.positionals("TYPE/NAME", options.words, "an endpoint or a run", Value::resource);
  flags.choice("--for", options.condition, {"ready", "deleted", "done"},
               "what to wait for: an endpoint ready (default) or deleted; a run done");
  flags.option("--timeout", "DURATION", options.timeout, "give up after this long (30s, 10m, 1h)");
}

Error nothing_happens(ResourceType type) {
  return {Exit::usage,
          fmt::format("nothing happens to a {} that could be waited for", name(type)),
          {},
          "wait for the run that makes it: mlctl wait run latest",
          {}};
}

Result<> check(const Options& options) {
  TRY(parse_duration(options.timeout));
  for (const ResourceRef& ref : TRY(parse_resources(options.words))) {
    if (ref.name.empty()) return fail(Exit::usage, fmt::format("which {}?", name(*ref.type)));
    if (ref.type && resource(*ref.type).awaited == nullptr) return fail(nothing_happens(*ref.type));
  }
  return {};
}

Result<Exit> wait_on(Context& context, const Poll& poll, double timeout, const std::string& what) {
  const double started = context.clock.monotonic();
  for (;;) {
    if (const std::optional<Exit> end = TRY(poll())) return *end;
    if (context.stop) return context.stop.code();
    if (context.clock.monotonic() - started >= timeout)
      return fail(Exit::timeout, fmt::format("{} is not there after {}", what, human_duration(timeout)),
                  fmt::format("mlctl why {}", what));
    context.clock.sleep(kPoll);
  }
}

RunResult run(const Options& options, Context& context) {
  const auto parsed = TRY(parse_resources(options.words));
  const double timeout = TRY(parse_duration(options.timeout));
  for (const ResourceRef& ref : TRY(resolve_types(context, parsed))) {
    const std::string what = fmt::format("{}/{}", name(*ref.type), ref.name);
    const Resource& kind = resource(*ref.type);
    if (kind.awaited == nullptr) return fail(nothing_happens(*ref.type));
    const std::string state = options.condition.empty() ? kind.awaited : options.condition;
    const Exit code = TRY(wait_on(context, kind.poll(context, ref.name, state), timeout, what));
    if (code != Exit::ok) return code;
    TRY(print(context, document("Wait", {{"name", what}, {"condition", state}}), what,
              [&](bool) { return fmt::format("{} {}\n", what, state); }));
  }
  return Exit::ok;
}

}  // namespace

const Command& wait_command() {
  static const Command command(
      {"wait", "inspect", "Wait until an endpoint is ready or a run is done", "TYPE/NAME... [flags]",
       "mlctl wait endpoint/rabbits --timeout 60s\n"
       "mlctl wait endpoint/rabbits --for deleted\n"
       "# Ends with the run's own exit code\n"
       "mlctl wait run/latest"},
      declare, check, run);
  return command;
}

}  // namespace mlctl
