#include <algorithm>

#include <fmt/format.h>

#include "cmd/shell/app.h"
#include "cmd/shell/command.h"
#include "cmd/shell/manifest_flags.h"
#include "cmd/shell/output.h"
#include "cmd/shell/pipelines.h"
#include "cmd/shell/recorded.h"
#include "cmd/shell/workspace.h"
#include "core/base/strings.h"
#include "core/pipeline/run.h"
#include "core/sys/spawn.h"

namespace mlctl {

namespace {

struct Options {
  ManifestFlags manifest;
  bool verify = false, dry_run = false;
};

void declare(Flags& flags, Options& options) {
  declare(flags, options.manifest);
  flags.flag("--verify", options.verify, "compare every byte of what is there, whatever its times say");
  flags.flag("--dry-run", options.dry_run, "only say which stages would run, and why");
}

Result<> check(const Options& options) {
  if (options.manifest.file.empty())
    return fail(Exit::usage, "no pipeline is given", "name one with -f FILE");
  return {};
}

bool takes(const std::string& command, const std::string& flag) {
  const auto flags = flag_table(find_command(command));
  return std::any_of(flags.begin(), flags.end(), [&](const FlagInfo& each) { return each.name == flag; });
}

// The command line of a stage, with the pipeline's global flags and --verify.
std::vector<std::string> with_globals(std::vector<std::string> line, const Options& options,
                                      const Context& context) {
  const GlobalFlags& flags = context.flags;
  if (options.verify && takes(line.front(), "--verify")) line.insert(line.begin() + 1, "--verify");
  if (!flags.profile.empty()) line.insert(line.begin() + 1, "--profile=" + flags.profile);
  if (flags.quiet) line.insert(line.begin() + 1, "--quiet");
  if (flags.verbose) line.insert(line.begin() + 1, "--verbose");
  if (flags.no_color) line.insert(line.begin() + 1, "--no-color");
  if (flags.progress != "auto") line.insert(line.begin() + 1, "--progress=" + flags.progress);
  return line;
}

Json stages_json(const std::vector<StageOutcome>& outcomes) {
  Json stages = Json::array();
  for (const StageOutcome& each : outcomes) {
    stages.push_back({{"name", each.name},
                      {"command", each.command},
                      {"status", each.status},
                      {"reason", each.reason},
                      {"exitCode", static_cast<int>(each.code)},
                      {"seconds", each.seconds}});
  }
  return stages;
}

std::string stages_table(const std::vector<StageOutcome>& outcomes) {
  Table table{{"STAGE", "COMMAND", "STATUS", "TIME", "WHY"}, {}};
  for (const StageOutcome& each : outcomes) {
    const bool took_time = each.status == "ran" || each.status == "failed";
    table.rows.push_back({each.name, each.command, each.status,
                          took_time ? human_duration(each.seconds) : "-",
                          each.reason.empty() ? "-" : each.reason});
  }
  return render(table, false);
}

// The variables whose values stand in the stages' arguments, so that their records name them, too.
std::string expanded_names(const Manifest& manifest) {
  std::vector<std::string> written;
  for (const Expansion& each : manifest.expansions) written.push_back(each.written);
  return std::string(kExpandedVariable) + "=" + join(written, ",");
}

// A stage that failed, at its place in the manifest: at the path that is not there, where that may be why.
Error failure_of(const StageOutcome& outcome, const Pipeline& pipeline, const Manifest& manifest,
                 const std::string& again, Context& context) {
  const auto stage = std::find_if(pipeline.stages.begin(), pipeline.stages.end(),
                                  [&](const Stage& each) { return each.name == outcome.name; });
  std::string at = stage->path + ".run";
  std::string hint = "the same command goes on from there: " + again;
  for (const StagePath& input : stage->inputs) {
    if (outcome.code != Exit::not_found || !workspace(context).digest(input.path).value_or("?").empty())
      continue;
    at = fmt::format("{}.with.{}", stage->path, input.key);
    hint =
        fmt::format("{} is not there: correct \"{}\" of that stage, then {}", input.path, input.key, again);
  }
  Error error = manifest.error_at(at, "", hint);
  error.code = outcome.code;
  error.message =
      fmt::format("stage {} ended with exit code {}", outcome.name, static_cast<int>(outcome.code));
  return error;
}

RunResult run_recorded(const Pipeline& pipeline, const Manifest& manifest, const Options& options,
                       Context& context, RunRecord& record) {
  const PipelineHooks hooks{
      [&](const std::vector<std::string>& line) -> Result<Exit> {
        context.io.flush();
        return static_cast<Exit>(TRY(sys::run_self(with_globals(line, options, context), context.stop,
                                                   !context.flags.quiet, {expanded_names(manifest)})));
      },
      [&](const std::string& line) { context.io.note(line); }, context.clock, context.stop,
      [&](const std::string& path) { return workspace(context).digest(path, options.verify); }};
  const std::filesystem::path folder = context.state_folder();
  const std::string file = "pipelines/" + pipeline.name + ".json";
  const sys::PathAt state =
      options.dry_run ? sys::PathAt(folder / file) : TRY(sys::private_place(folder, file));
  const std::vector<StageOutcome> outcomes = TRY(run_pipeline(pipeline, state, hooks, options.dry_run));
  TRY(print(context, document("PipelineRun", {{"name", pipeline.name}, {"stages", stages_json(outcomes)}}),
            "pipeline/" + pipeline.name, [&](bool) { return stages_table(outcomes); }));
  for (const StageOutcome& each : outcomes) {
    if (each.status != "failed") continue;
    const Error error =
        failure_of(each, pipeline, manifest, "mlctl run -f " + options.manifest.file, context);
    record.error = sentence(error);
    record.hint = error.hint;
    print_error(error, context);
    return each.code;
  }
  return Exit::ok;
}

RunResult run(const Options& options, Context& context) {
  const std::optional<Manifest> manifest = TRY(load_manifest(options.manifest, "Pipeline", context));
  const Pipeline pipeline = pipeline_of(*manifest, context.env);
  const auto work = [&](RunRecord& record, const std::filesystem::path&) {
    return run_recorded(pipeline, *manifest, options, context, record);
  };
  RunRecord none;
  if (options.dry_run) return work(none, {});
  return recorded(context, "run", {{"pipeline", pipeline.name}}, work);
}

}  // namespace

const Command& run_command() {
  static const Command command(
      {"run", "manifests", "Run the stale stages of a pipeline", "-f FILE [flags]",
       "mlctl run -f pipeline.yaml\n"
       "# which stages would run, and why\n"
       "mlctl run -f pipeline.yaml --dry-run",
       "A stage is stale when its parameters or inputs changed, or what it left is not there as it left it: "
       "files that are gone, cut or edited, seen by their sizes and times, or with --verify by every byte. "
       "What a stage left before, damaged or not, it makes anew; what others made it does not replace. "
       "The first stage that fails ends the run with its exit code; the same command goes on from there."},
      declare, check, run);
  return command;
}

}  // namespace mlctl
