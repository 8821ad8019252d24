#include "cmd/shell/recorded.h"

#include <fmt/format.h>

#include "cmd/shell/resource.h"
#include "core/base/unforeseen.h"

namespace mlctl {

RunResult recorded(Context& context, const std::string& command, Json parameters,
                   const std::function<RunResult(RunRecord&, const std::filesystem::path& folder)>& work) {
  RunLog log = run_log(context);
  Result<RunRecord> started = log.start(command, context.arguments, std::move(parameters));
  if (!started) context.io.warn("this run is not recorded: " + started.error().message);
  RunRecord record = started.value_or(RunRecord{});
  const std::filesystem::path folder = started ? log.folder(record) : std::filesystem::path();
  const RunResult outcome = guarded([&] { return work(record, folder); }, command);
  if (!started) return outcome;
  const Exit code = outcome ? *outcome : outcome.error().code;
  if (!outcome) {
    const Error error = context.in_given_words(outcome.error());
    record.error = sentence(error);
    record.hint = error.hint;
  }
  const bool stopped = code == Exit::interrupted || code == Exit::sigint || code == Exit::sigterm;
  const char* status = code == Exit::ok ? "succeeded" : stopped ? "interrupted" : "failed";
  if (const auto finished = log.finish(record, status, static_cast<int>(code)); !finished) {
    context.io.warn("the run's record could not be finished: " + finished.error().message);
  }
  return outcome;
}

}  // namespace mlctl
