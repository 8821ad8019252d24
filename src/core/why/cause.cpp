#include "core/why/cause.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/endpoint/endpoint_log.h"
#include "core/run/gc.h"

namespace mlctl {

namespace {

struct Fix {
  Exit code;
  const char* text;
};
// What usually helps against each exit code of a run.
constexpr Fix kFixes[] = {
    {Exit::usage, "correct the command line; mlctl COMMAND --help shows the flags"},
    {Exit::manifest, "mlctl validate -f the manifest shows every problem with its line"},
    {Exit::auth, "check the permissions of the folders it reads and writes"},
    {Exit::not_found, "check the paths among the run's arguments"},
    {Exit::conflict, "choose another --to, or add --overwrite; wait if another mlctl works there"},
    {Exit::data, "mlctl clean the dataset, or allow more bad items with --max-bad"},
    {Exit::network, "check the address and the network, then run it again: it resumes"},
    {Exit::integrity, "a file changed or is torn: make its dataset or model again"},
    {Exit::gate, "train longer, clean the data, or reconsider the gate"},
    {Exit::resource, "free memory or disk, or install what is missing: mlctl doctor names it"},
    {Exit::timeout, "give it more time"},
    {Exit::interrupted, "run the same command again: it goes on where it stopped"},
    {Exit::sigint, "run the same command again"},
    {Exit::sigterm, "run the same command again"},
};

std::string fix_for(Exit code) {
  for (const Fix& fix : kFixes) {
    if (fix.code == code) return fix.text;
  }
  return "run it again with -v for more messages";
}

std::string again(const RunRecord& run) {
  return fmt::format("run it again, it resumes: mlctl {}", join(run.arguments, " "));
}

// The newest message of the log that tells of trouble.
std::string last_trouble(const std::vector<std::string>& log) {
  for (auto line = log.rbegin(); line != log.rend(); ++line) {
    const std::string level = serve::level_of(*line);
    if (level == "error" || level == "warn") return serve::message_of(*line);
  }
  return {};
}

}  // namespace

Cause cause_of(const RunRecord& run) {
  if (run.status == "succeeded" && run.exit_code == 0) return {true, "it succeeded", ""};
  if (run.status == "running") return {true, fmt::format("it is running (process {})", run.process.pid), ""};
  const auto code = static_cast<Exit>(run.exit_code);
  if (run.status == "interrupted")
    return {false, run.error.empty() ? "it was interrupted" : run.error, again(run)};
  std::string cause =
      run.error.empty() ? fmt::format("it ended with exit code {}", run.exit_code) : run.error;
  return {false, std::move(cause), run.hint.empty() ? fix_for(code) : run.hint};
}

Cause cause_of_partial(const std::vector<RunRecord>& runs, const std::filesystem::path& place) {
  const std::filesystem::path partial = place.string() + ".partial";
  if (!is_leaving(partial)) return {true, "it is being made", ""};
  for (const RunRecord& run : runs) {
    const bool named =
        std::any_of(run.arguments.begin(), run.arguments.end(), [&](const std::string& argument) {
          const std::string value = argument.starts_with("--to=") ? argument.substr(5) : argument;
          return place_of(run.folder, value) == place;
        });
    if (!named || run.status == "running" || run.status == "succeeded") continue;
    const std::string error = run.error.empty() ? "" : ": " + run.error;
    return {false,
            fmt::format("it is not finished: {} {}{}", run.id,
                        run.status == "failed" ? "failed" : "was interrupted", error),
            again(run)};
  }
  return {false, "it is not finished, and no record tells what was making it",
          "run the command that made it again, it resumes; mlctl gc deletes it"};
}

Cause cause_of(const serve::Endpoint& endpoint, const std::vector<std::string>& log) {
  const std::string& name = endpoint.spec.name;
  const serve::EndpointRevision* current = endpoint.revision(endpoint.status.revision);
  const std::string model = current != nullptr           ? current->model
                            : endpoint.revisions.empty() ? "MODEL"
                                                         : endpoint.revisions.back().model;
  const std::string trouble = endpoint.status.message.empty() ? last_trouble(log) : endpoint.status.message;
  if (endpoint.state == "ready" && endpoint.status.message.empty())
    return {true, fmt::format("it is ready at {}", endpoint.status.url), ""};
  if (endpoint.state == "ready")  // the old revision serves on
    return {
        false, fmt::format("the last change was given up: {}", trouble),
        fmt::format("deploy a model that starts; revision {} serves meanwhile", endpoint.status.revision)};
  if (endpoint.state == "down")
    return {false, "its supervisor does not run: the machine was restarted, or it was killed",
            fmt::format("mlctl deploy {} --name {}", model, name)};
  if (endpoint.state == "starting")
    return {true, "it is starting", fmt::format("mlctl wait endpoint/{}", name)};
  return {false,
          trouble.empty() ? fmt::format("{} of {} workers are ready", endpoint.ready, endpoint.spec.replicas)
                          : trouble,
          endpoint.spec.history.size() > 1 ? fmt::format("mlctl rollback {}", name)
                                           : fmt::format("mlctl logs {} shows what the workers said", name)};
}

}  // namespace mlctl
