#include <functional>
#include <optional>

#include <fmt/format.h>

#include "cmd/shell/command.h"
#include "cmd/shell/output.h"
#include "cmd/shell/resource.h"
#include "core/base/strings.h"
#include "core/base/units.h"
#include "core/endpoint/endpoints.h"

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

Result<> check(const Options& options) {
  TRY(parse_duration(options.timeout));
  for (const ResourceRef& ref : TRY(parse_resources(options.words))) {
    if (ref.name.empty()) return fail(Exit::usage, fmt::format("which {}?", name(*ref.type)));
    if (ref.type == ResourceType::model || ref.type == ResourceType::dataset)
      return fail(Exit::usage,
                  fmt::format("nothing happens to a {} that could be waited for", name(*ref.type)),
                  "wait for the run that makes it: mlctl wait run latest");
  }
  return {};
}

// Nothing while waiting goes on; at the end the exit code.
using Poll = std::function<Result<std::optional<Exit>>()>;

Poll endpoint_poll(Context& context, const std::string& name, const std::string& condition) {
  return [&context, name, condition]() -> Result<std::optional<Exit>> {
    const auto endpoint = serve::open_endpoint(context.user_state_folder() / "endpoints", name);
    if (!endpoint && endpoint.error().code == Exit::not_found && condition == "deleted") return Exit::ok;
    if (!endpoint) return fail(endpoint.error());
    if (condition != "deleted" && endpoint->state == "ready") return Exit::ok;
    if (condition != "deleted" && endpoint->state == "failed")
      return fail(Exit::failed, fmt::format("endpoint {} failed: {}", name, endpoint->status.message),
                  fmt::format("mlctl why endpoint {}", name));
    return std::optional<Exit>();
  };
}

// A run's own exit code, so that `wait run X && next` does what it says.
Poll run_poll(Context& context, const std::string& name) {
  return [&context, name]() -> Result<std::optional<Exit>> {
    const RunRecord run = TRY(run_log(context).find(name));
    if (run.status == "running") return std::optional<Exit>();
    if (run.status == "succeeded") return Exit::ok;
    return fail(run.exit_code > 0 ? static_cast<Exit>(run.exit_code) : Exit::failed,
                fmt::format("run {} {}{}{}", run.id, run.status, run.error.empty() ? "" : ": ", run.error),
                fmt::format("mlctl why run {}", run.id));
  };
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
    const bool endpoint = ref.type == ResourceType::endpoint;
    const Poll poll =
        endpoint ? endpoint_poll(context, ref.name, options.condition) : run_poll(context, ref.name);
    const Exit code = TRY(wait_on(context, poll, timeout, what));
    if (code != Exit::ok) return code;
    const std::string state = options.condition.empty() ? (endpoint ? "ready" : "done") : options.condition;
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
