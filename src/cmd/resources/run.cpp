#include <algorithm>

#include <fmt/format.h>

#include "cmd/resources/resources.h"
#include "core/base/strings.h"
#include "core/run/lineage.h"
#include "core/sys/fs.h"
#include "core/text/json.h"

namespace mlctl {

namespace {

constexpr size_t kListed = 20;

Result<Removal> locate(Context& context, const std::vector<RunRecord>&, const std::string& name) {
  const RunRecord run = TRY(run_log(context).find(name));
  if (run.status == "running")
    return fail(Exit::conflict, fmt::format("run {} is running (process {})", run.id, run.process.pid),
                "stop it first");
  return Removal{ResourceType::run, run.id, run_log(context).folder(run)};
}

// A run's own exit code, so that `wait run X && next` does what it says.
Poll poll(Context& context, const std::string& name, const std::string&) {
  return [&context, name]() -> Result<std::optional<Exit>> {
    const RunRecord run = TRY(run_log(context).find(name));
    if (run.status == "running") return std::optional<Exit>();
    if (run.status == "succeeded") return Exit::ok;
    return fail(run.exit_code > 0 ? static_cast<Exit>(run.exit_code) : Exit::failed,
                fmt::format("run {} {}{}{}", run.id, run.status, run.error.empty() ? "" : ": ", run.error),
                fmt::format("mlctl why run {}", run.id));
  };
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

Result<> logs(Context& context, const std::string& id, const LogWish& wish) {
  RunRecord run = TRY(run_log(context).find(id));
  const std::filesystem::path folder = run_log(context).folder(run);
  std::vector<std::string> lines = lines_of(run, folder);
  size_t shown = wish.tail ? lines.size() - std::min(lines.size(), static_cast<size_t>(*wish.tail)) : 0;
  for (;;) {
    for (; shown < lines.size(); ++shown) TRY(wish.print(lines[shown]));
    if (!wish.follow || run.status != "running" || context.stop || context.io.broken()) return {};
    context.clock.sleep(0.2);
    run = TRY(run_log(context).find(run.id));
    lines = lines_of(run, folder);
  }
}

Result<Answer> why(Inventory& inventory, const std::string& name) {
  const RunRecord run = TRY(run_log(inventory.context).find(name));
  return Answer{"run/" + run.id, cause_of(run), sources_of(inventory.runs, run)};
}

}  // namespace

const Resource& run_resource() {
  static const Resource row = {.type = ResourceType::run,
                               .view = run_view,
                               .listed = kListed,
                               .locate = locate,
                               .remove = remove_folder,
                               .awaited = "done",
                               .poll = poll,
                               .logs = logs,
                               .why = why};
  return row;
}

}  // namespace mlctl
