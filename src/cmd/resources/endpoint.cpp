#include <fmt/format.h>

#include "cmd/resources/resources.h"
#include "cmd/shell/endpoint_words.h"
#include "core/endpoint/host.h"

namespace mlctl {

namespace {

constexpr int64_t kLogLines = 50;  // that `why` looks at

Result<Removal> locate(Context& context, const std::vector<RunRecord>&, const std::string& name) {
  TRY(context.endpoints()->open(name));
  return Removal{ResourceType::endpoint, name, {}};
}

Result<> remove(Context& context, const Removal& removal) {
  return context.endpoints()->remove(removal.name);
}

Poll poll(Context& context, const std::string& name, const std::string& condition) {
  return [&context, name, condition]() -> Result<std::optional<Exit>> {
    const auto endpoint = context.endpoints()->open(name);
    if (!endpoint && endpoint.error().code == Exit::not_found && condition == "deleted") return Exit::ok;
    if (!endpoint) return fail(endpoint.error());
    if (condition != "deleted" && endpoint->state == "ready") return Exit::ok;
    if (condition != "deleted" && endpoint->state == "failed")
      return fail(Exit::failed, fmt::format("endpoint {} failed: {}", name, endpoint->status.message),
                  fmt::format("mlctl why endpoint {}", name));
    return std::optional<Exit>();
  };
}

Result<> logs(Context& context, const std::string& name, const LogWish& wish) {
  const auto endpoints = context.endpoints();
  for (const std::string& line : TRY(endpoints->logs(name, wish.tail.value_or(-1)))) TRY(wish.print(line));
  if (!wish.follow) return {};
  return endpoints->follow(
      name, [&context] { return context.stop || context.io.broken(); }, wish.print);
}

Result<Answer> why(Inventory& inventory, const std::string& name) {
  const auto endpoints = inventory.context.endpoints();
  const serve::Endpoint endpoint = TRY(endpoints->open(name));
  const auto log = endpoints->logs(name, kLogLines).value_or(std::vector<std::string>{});
  return Answer{"endpoint/" + name, cause_of(endpoint, log), sources_of(inventory.runs, endpoint)};
}

}  // namespace

const Resource& endpoint_resource() {
  static const Resource row = {.type = ResourceType::endpoint,
                               .view = endpoint_view,
                               .locate = locate,
                               .remove = remove,
                               .awaited = "ready",
                               .poll = poll,
                               .logs = logs,
                               .why = why};
  return row;
}

}  // namespace mlctl
