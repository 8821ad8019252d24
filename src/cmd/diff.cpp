#include <fmt/format.h>

#include "cmd/shell/app.h"
#include "cmd/shell/command.h"
#include "cmd/shell/endpoint_words.h"
#include "cmd/shell/manifest_flags.h"
#include "cmd/shell/output.h"
#include "cmd/shell/pipelines.h"
#include "cmd/shell/resource.h"
#include "cmd/shell/workspace.h"
#include "core/clean/spec.h"
#include "core/data/dataset.h"
#include "core/endpoint/deploy_spec.h"
#include "core/endpoint/host.h"
#include "core/eval/eval_spec.h"
#include "core/manifest/apply.h"
#include "core/manifest/diff.h"
#include "core/model/package.h"
#include "core/pipeline/run.h"
#include "core/run/catalog.h"
#include "core/run/lineage.h"
#include "core/run/record.h"
#include "core/store/location.h"
#include "core/sys/fs.h"
#include "core/text/yaml.h"

namespace mlctl {

namespace {

struct Options {
  ManifestFlags manifest;
};

void declare(Flags& flags, Options& options) {
  declare(flags, options.manifest);
}

Result<> check(const Options& options) {
  if (options.manifest.file.empty())
    return fail(Exit::usage, "no manifest is given", "name one with -f FILE");
  return {};
}

// What a manifest is compared with, and in what it differs.
struct Comparison {
  std::string with;  // "run train-2026…", "endpoint rabbits"; "" = there is nothing yet
  std::vector<KeyChange> changes;
};

// The newest run of the kind's command that finished (a failed gate is a finished evaluation) and left what
// the manifest names.
std::optional<RunRecord> last_run(const std::vector<RunRecord>& runs, const Manifest& manifest) {
  const char* key = manifest.kind == "Eval" ? "model" : "output";
  const Json wanted = as_written(manifest.spec.value(key, Json()), manifest.expansions);
  for (const RunRecord& run : runs) {
    const bool finished = run.status == "succeeded" || run.exit_code == static_cast<int>(Exit::gate);
    if (run.command != command_of(manifest.kind) || !finished) continue;
    if (run.parameters.value(key, Json()) == wanted) return run;
    for (const RunArtifact& output : run.outputs) {
      if (Json(output.path) == wanted) return run;
    }
  }
  return std::nullopt;
}

// The digest of what is at a path now, as run records name it; "" when there is nothing, or it is not
// whole.
Result<std::string> digest_now(Context& context, const std::string& path) {
  if (is_stored(path)) return workspace(context).content(path);
  const Result<std::filesystem::path> place = local_path(path);
  return place ? content_at(parse_dataset_ref(place->string()).folder) : "";
}

// Adds what has changed at the run's paths: inputs that differ from those it read, outputs that differ from
// those it left.
Result<> add_content_changes(Context& context, const RunRecord& run, std::vector<KeyChange>& changes) {
  for (const auto* side : {&run.inputs, &run.outputs}) {
    for (const RunArtifact& artifact : *side) {
      if (artifact.digest.empty()) continue;
      const std::string now = TRY(digest_now(context, artifact.now.empty() ? artifact.path : artifact.now));
      if (now == artifact.digest) continue;
      changes.push_back({"content of " + artifact.path, short_digest(artifact.digest), short_digest(now)});
    }
  }
  return {};
}

// The spec as the command records it.
Result<Json> recorded_spec(const Manifest& manifest, const Context& context) {
  if (manifest.kind == "Train") {
    Json spec = manifest.spec;
    TRY(lay_under(manifest.kind, spec, context));
    return spec;
  }
  if (manifest.kind == "Eval" && manifest.has("spec.gate")) {
    Json spec = manifest.spec;
    spec["gate"] = eval_gates(spec);
    return spec;
  }
  if (manifest.kind != "Clean") return manifest.spec;
  return to_json(TRY(clean_spec_from_json(manifest.spec, manifest.file)));
}

Result<Comparison> compare_run(const Manifest& manifest, Context& context) {
  const std::optional<RunRecord> run = last_run(TRY(run_log(context).list()), manifest);
  if (!run) return Comparison{"", differences(Json(), manifest.spec, "spec")};
  const Json spec = as_written(TRY(recorded_spec(manifest, context)), manifest.expansions);
  Comparison comparison{"run " + run->id, differences(run->parameters, spec, "spec")};
  TRY(add_content_changes(context, *run, comparison.changes));
  return comparison;
}

Json endpoint_json(const serve::EndpointSpec& spec, const std::string& digest) {
  Json json = {{"model", digest}, {"host", spec.host}, {"port", spec.port}, {"replicas", spec.replicas}};
  if (spec.max_batch > 0) json["maxBatch"] = spec.max_batch;
  if (spec.max_queue > 0) json["maxQueue"] = spec.max_queue;
  if (!spec.token_file.empty()) json["tokenFile"] = spec.token_file;
  if (!spec.tls_certificate.empty()) json["tlsCert"] = spec.tls_certificate;
  return json;
}

Result<Comparison> compare_endpoint(const Manifest& manifest, Context& context) {
  const serve::DeploySpec spec = TRY(serve::deploy_spec_from_json(manifest.spec, manifest.file));
  const LocalFiles staged = TRY(workspace(context).files(spec.model));
  serve::DeployRequest request;
  request.model = spec.model;
  request.folder = staged.path;
  request.name = manifest.name;
  request.host = spec.host;
  request.port = spec.port;
  request.replicas = spec.replicas;
  request.max_batch = spec.max_batch;
  request.max_queue = spec.max_queue;
  request.token_file = spec.token_file;
  request.tls_certificate = spec.tls_certificate;
  request.tls_key = spec.tls_key;
  const auto endpoints = context.endpoints();
  const serve::DeployPlan plan = TRY(endpoints->plan(request));
  const Json wanted = endpoint_json(plan.spec, plan.revision.digest);
  if (plan.is_new) return Comparison{"", differences(Json(), wanted, "spec")};
  const serve::Endpoint running = TRY(endpoints->open(manifest.name));
  const serve::EndpointRevision* revision = running.revision(running.spec.revision);
  return Comparison{
      "endpoint " + manifest.name,
      differences(endpoint_json(running.spec, revision == nullptr ? "" : revision->digest), wanted, "spec")};
}

Result<Comparison> compare_pipeline(const Manifest& manifest, Context& context) {
  const Pipeline pipeline = pipeline_of(manifest, context.env);
  const std::filesystem::path state = context.state_folder() / "pipelines" / (pipeline.name + ".json");
  const PipelineHooks hooks{{},
                            [](const std::string&) {},
                            context.clock,
                            context.stop,
                            [&](const std::string& path) { return workspace(context).digest(path); }};
  Comparison comparison{sys::exists(state) ? "pipeline " + pipeline.name : "", {}};
  const std::vector<StageOutcome> outcomes = TRY(run_pipeline(pipeline, state, hooks, true));
  for (const StageOutcome& each : outcomes) {
    if (each.status == "stale") comparison.changes.push_back({"stage " + each.name, "", each.reason});
  }
  return comparison;
}

Result<Comparison> compare_config(const Manifest& manifest, Context& context) {
  const std::filesystem::path file = context.config_file();
  if (!sys::exists(file)) return Comparison{"", differences(Json(), manifest.spec, "spec")};
  const std::string text = TRY(sys::read_file(file));
  const std::vector<YamlNode> documents = TRY(parse_yaml({file.string(), text}));
  const Json written = documents.empty() ? Json() : to_json(documents.front()).value("spec", Json());
  return Comparison{file.string(), differences(written, manifest.spec, "spec")};
}

Result<Comparison> compare(const Manifest& manifest, Context& context) {
  if (manifest.kind == "Deploy") return compare_endpoint(manifest, context);
  if (manifest.kind == "Pipeline") return compare_pipeline(manifest, context);
  if (manifest.kind == "Config") return compare_config(manifest, context);
  return compare_run(manifest, context);
}

Result<bool> differs(const Options& options, Context& context) {
  const std::optional<Manifest> manifest = TRY(load_manifest(options.manifest, "", context));
  const Comparison comparison = TRY(compare(*manifest, context));
  Json changes = Json::array();
  for (const KeyChange& each : comparison.changes)
    changes.push_back({{"path", each.path}, {"before", each.before}, {"now", each.now}});
  TRY(print(context,
            document("Difference", {{"of", manifest->kind + "/" + manifest->name},
                                    {"with", comparison.with},
                                    {"changes", changes}}),
            manifest->name, [&](bool) {
              if (comparison.changes.empty()) return std::string();
              return fmt::format("--- {}\n+++ {}\n{}",
                                 comparison.with.empty() ? "nothing yet" : comparison.with,
                                 options.manifest.file, difference_text(comparison.changes));
            }));
  return !comparison.changes.empty();
}

// As diff(1): 0 same, 1 differs, 2 trouble of any kind.
RunResult run(const Options& options, Context& context) {
  const Result<bool> outcome = differs(options, context);
  if (outcome) return *outcome ? Exit::failed : Exit::ok;
  print_error(outcome.error(), context);
  return Exit::usage;
}

}  // namespace

const Command& diff_command() {
  static const Command command(
      {"diff", "manifests", "Show what applying a manifest would change", "-f FILE [flags]",
       "mlctl diff -f train.yaml\n"
       "mlctl diff -f deploy.yaml && echo the same",
       "A Train, Clean or Eval manifest is compared with the last run that succeeded, "
       "a Deploy manifest with the endpoint, a Pipeline with what its stages left. "
       "Exits as diff(1): 0 same, 1 differs, 2 trouble."},
      declare, check, run);
  return command;
}

}  // namespace mlctl
