#include <fmt/format.h>

#include "cmd/shell/command.h"
#include "cmd/shell/endpoint_words.h"
#include "cmd/shell/recorded.h"
#include "core/endpoint/host.h"

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
    const auto endpoints = context.endpoints();
    const serve::Endpoint before = TRY(endpoints->open(name));
    const serve::Endpoint endpoint =
        TRY(endpoints->roll_back(name, options.revision.value_or(0), kReadySeconds));
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
