#include <fmt/format.h>

#include "cmd/endpoints.h"
#include "cmd/shell/command.h"
#include "cmd/shell/recorded.h"
#include "core/endpoint/deploy.h"

namespace mlctl {

namespace {

constexpr double kReadySeconds = 150;

struct Options {
  std::string name;
  std::optional<int64_t> revision;
};

void declare(Flags& flags, Options& options) {
  flags.positional("NAME", options.name, "the endpoint", Value::endpoint);
  flags.option("--to-revision", "N", options.revision, "the revision (default: the one that served before)")
      .at_least(1);
}

RunResult run(const Options& options, Context& context) {
  const std::string name = endpoint_name(options.name);
  const Json parameters = {{"name", name}, {"toRevision", options.revision.value_or(0)}};
  return recorded(context, "rollback", parameters, [&](RunRecord& record, const auto&) -> RunResult {
    const serve::Endpoint before = TRY(serve::open_endpoint(endpoints_root(context), name));
    const serve::Endpoint endpoint =
        TRY(serve::roll_back(endpoints_root(context), name, options.revision.value_or(0), kReadySeconds,
                             context.clock, context.stop));
    const serve::EndpointRevision* const revision = endpoint.revision(endpoint.status.revision);
    if (revision != nullptr) {
      record.inputs.push_back({revision->model, revision->digest});
      record.outputs.push_back({"endpoint/" + name, revision->digest});
    }
    record.up_to_date = endpoint.spec.generation == before.spec.generation;
    TRY(print_endpoint(context, endpoint,
                       fmt::format("endpoint {} serves revision {} at {}", name, endpoint.status.revision,
                                   endpoint.status.url)));
    return Exit::ok;
  });
}

}  // namespace

const Command& rollback_command() {
  static const Command command(
      {"rollback", "inspect", "Let an endpoint's earlier revision serve again",
       "NAME [--to-revision N] [flags]", "mlctl rollback fashion\nmlctl rollback fashion --to-revision 1"},
      declare, nullptr, run);
  return command;
}

}  // namespace mlctl
