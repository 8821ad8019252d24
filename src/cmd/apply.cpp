#include "core/manifest/apply.h"

#include <fmt/format.h>

#include "cmd/shell/app.h"
#include "cmd/shell/command.h"
#include "cmd/shell/manifest_flags.h"
#include "cmd/shell/output.h"
#include "core/base/strings.h"
#include "core/base/visible.h"
#include "core/sys/fs.h"

namespace mlctl {

namespace {

struct Options {
  std::vector<std::string> files, sets;
  bool dry_run = false;
};

void declare(Flags& flags, Options& options) {
  flags.list("-f,--file", "FILE", options.files, "manifests of any kind; - is stdin", Value::manifest);
  flags.list("--set", "KEY=VALUE", options.sets, "override a key of the manifests, e.g. spec.epochs=20",
             Value::setting);
  flags.flag("--dry-run", options.dry_run, "only print the commands that would run");
}

Result<> check(const Options& options) {
  if (options.files.empty()) return fail(Exit::usage, "no manifest is given", "name one with -f FILE");
  return {};
}

struct Step {
  Manifest manifest;
  std::vector<std::string> line;  // empty for a Config
};

Result<> add_steps(const std::string& file, const Options& options, Context& context,
                   std::vector<Step>& steps) {
  std::vector<ManifestDocument> documents = TRY(read_documents(file, options.sets, context));
  for (size_t at = 0; at < documents.size(); ++at) {
    if (!documents[at].problems.empty()) return fail(problems_error(documents[at]));
    Step step{std::move(documents[at].manifest), {}};
    const std::string each = documents.size() == 1 ? file : fmt::format("{}#{}", file, at + 1);
    if (step.manifest.kind != "Config") step.line = command_line(step.manifest.kind, each, options.sets);
    steps.push_back(std::move(step));
  }
  return {};
}

std::string step_text(const Step& step, const Context& context) {
  return step.line.empty() ? "write " + context.config_file().string() : "mlctl " + join(step.line, " ");
}

RunResult write_config(const Manifest& manifest, Context& context) {
  const std::filesystem::path file = context.config_file();
  const Json document = {{"apiVersion", "mlctl.dev/v1"},
                         {"kind", "Config"},
                         {"metadata", {{"name", manifest.name}}},
                         {"spec", manifest.spec}};
  const sys::PathAt place = TRY(sys::private_place(file.parent_path(), file.filename()));
  TRY(sys::write_file(place, to_yaml(document), 0600));
  context.io.note("wrote " + file.string());
  return Exit::ok;
}

RunResult run(const Options& options, Context& context) {
  std::vector<Step> steps;
  for (const std::string& file : options.files) TRY(add_steps(file, options, context, steps));
  if (options.dry_run) {
    Json items = Json::array();
    std::string text;
    for (const Step& step : steps) {
      text += visible(step_text(step, context)) + "\n";
      items.push_back({{"kind", step.manifest.kind},
                       {"name", step.manifest.name},
                       {"command", step_text(step, context)}});
    }
    TRY(print(context, list_document(items), "plan", [&](bool) { return text; }));
    return Exit::ok;
  }
  for (const Step& step : steps) {
    if (step.line.empty()) {
      TRY(write_config(step.manifest, context));
      continue;
    }
    context.io.detail(step_text(step, context));
    const auto code = static_cast<Exit>(run_app(step.line, context));  // has printed its own error
    if (code != Exit::ok) return code;
  }
  return Exit::ok;
}

}  // namespace

const Command& apply_command() {
  static const Command command(
      {"apply", "manifests", "Do what manifests say, whatever their kind", "-f FILE... [flags]",
       "mlctl apply -f train.yaml -f eval.yaml -f deploy.yaml\n"
       "# the commands that would run\n"
       "mlctl apply -f all.yaml --dry-run",
       "A Train manifest trains, a Deploy manifest deploys, a Pipeline runs its stale stages, "
       "a Config is written to the configuration file. All manifests are checked before the first one runs."},
      declare, check, run);
  return command;
}

}  // namespace mlctl
