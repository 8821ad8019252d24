#include <fmt/format.h>

#include "cmd/shell/command.h"
#include "cmd/shell/manifest_flags.h"
#include "cmd/shell/output.h"
#include "cmd/shell/recorded.h"
#include "cmd/shell/resource.h"
#include "cmd/shell/target.h"
#include "cmd/shell/workspace.h"
#include "cmd/show/train_view.h"
#include "core/base/strings.h"
#include "core/base/visible.h"
#include "core/train/metrics_log.h"
#include "core/train/train.h"

namespace mlctl {

namespace {

struct Options {
  ManifestFlags manifest;
  std::string dataset, to;
  std::string model, device, resume = "auto", target;
  std::optional<int64_t> epochs, batch_size, seed;
  std::optional<double> lr;
  bool overwrite = false, verify = false, dry_run = false;
  StoreOptions store;
};

void declare(Flags& flags, Options& options) {
  flags.positional("DATASET", options.dataset, "what to learn from", Value::dataset, false);
  declare(flags, options.manifest);
  flags.option("--to", "MODEL", options.to, "where the model goes", Value::folder);
  flags.choice("--model", options.model, {"cnn", "resnet18", "mlp", "linear", "text", "recommender"},
               "the network; default: one that suits the data");
  flags.option("--epochs", "N", options.epochs, "times every sample is seen")
      .must(as_in_manifest("Train", "spec.epochs"));
  flags.option("--lr", "X", options.lr, "learning rate").must(as_in_manifest("Train", "spec.optimizer.lr"));
  flags.option("--batch-size", "N", options.batch_size, "samples of one step")
      .must(as_in_manifest("Train", "spec.batchSize"));
  flags.choice("--device", options.device, {"auto", "cpu", "cuda"}, "where to compute")
      .setting_below_manifest("device");
  flags.option("--seed", "N", options.seed, "of the initial weights, the order of the data and dropout")
      .must(as_in_manifest("Train", "spec.seed"))
      .setting_below_manifest("seed");
  flags.choice("--resume", options.resume, {"auto", "never"}, "go on from a checkpoint, or start over");
  declare_target(flags, options.target);
  flags.flag("--overwrite", options.overwrite, "replace a model made from other inputs, or a damaged one");
  flags.flag("--verify", options.verify, "compare every byte of what is there, whatever its times say");
  flags.flag("--dry-run", options.dry_run, "only show the completed spec and the network");
  declare_store(flags, options.store);
}

Result<> check(const Options& options) {
  if (options.dataset.empty() && options.manifest.file.empty()) {
    return fail(Exit::usage, "DATASET is missing", "name a dataset, or a manifest with -f");
  }
  if (options.to.empty() && options.manifest.file.empty() && !options.dry_run) {
    return fail(Exit::usage, "--to MODEL is missing");
  }
  return check(options.manifest);
}

// Flags win over the manifest.
void lay_over(const Options& options, Json& spec) {
  if (!options.dataset.empty()) spec["data"]["dataset"] = options.dataset;
  if (!options.to.empty()) spec["output"] = options.to;
  if (!options.model.empty()) spec["model"] = options.model;
  if (!options.device.empty()) spec["device"] = options.device;
  if (options.epochs) spec["epochs"] = *options.epochs;
  if (options.batch_size) spec["batchSize"] = *options.batch_size;
  if (options.seed) spec["seed"] = *options.seed;
  if (options.lr) spec["optimizer"]["lr"] = *options.lr;
}

// A training as it was asked for, and its data and model as files.
struct Job {
  std::string dataset, output;
  OpenedDataset data;
  TrainRequest request;
  StoreOptions store;
  bool verify = false;
};

Result<Job> job_of(const Options& options, const std::optional<Manifest>& manifest, Context& context) {
  Json spec = manifest ? manifest->spec : Json::object();
  lay_over(options, spec);
  TRY(lay_under("Train", spec, context));
  Job job;
  const std::string& dataset = job.dataset = spec.value("data", Json::object()).value("dataset", "");
  const std::string& output = job.output = spec.value("output", "");
  if (dataset.empty()) {
    return fail(Exit::usage, "there is no dataset to learn from", "name it: DATASET, or spec.data.dataset");
  }
  if (output.empty() && !options.dry_run) {
    return fail(Exit::usage, "there is no place for the model", "name it: --to MODEL, or spec.output");
  }
  if (!output.empty()) TRY(check_place(output));
  job.store = options.store;
  job.verify = options.verify;
  job.data = TRY(workspace(context, options.store).dataset(dataset, options.verify));
  if (!job.data.split.empty()) {
    return fail(Exit::usage, fmt::format("{} names a split", dataset),
                "name the dataset; spec.data.train says which split to learn from");
  }
  job.dataset = plain_path(dataset);
  job.output = output.empty() ? "" : plain_path(output);
  job.request.dataset = job.data.shards.get();
  job.request.spec = std::move(spec);
  job.request.expansions = context.expansions;
  job.request.overwrite = options.overwrite;
  job.request.resume = options.resume == "auto";
  return job;
}

// An error about a key ("spec.epochs must be …", "model.layers[4] (…): …") gets its place in the manifest.
Error with_place(Error error, const std::optional<Manifest>& manifest) {
  std::string path = error.message.substr(0, error.message.find_first_of(": "));
  if (path.starts_with("model.layers[")) path = "spec." + path;
  if (!manifest || !path.starts_with("spec.")) return error;
  const Error placed = manifest->error_at(path, error.message, error.hint);
  error.where = placed.where;
  error.detail = placed.detail;
  return error;
}

RunResult show_plan(const Job& job, Context& context) {
  const TrainPlan plan = TRY(plan_training(job.request, context.stop));
  const Json result = document(
      "TrainPlan",
      {{"dataset", job.dataset}, {"spec", plan.completed}, {"network", network_json(plan.model.network)}});
  TRY(print(context, result, "trainplan", [&](bool) {
    return fmt::format("{}\n{}", to_yaml(Json{{"spec", plan.completed}}), network_table(plan.model.network));
  }));
  return Exit::ok;
}

std::string metrics_text(const Json& metrics) {
  std::vector<std::string> parts;
  for (const auto& [name, value] : metrics.items()) {
    if (name != "epoch" && value.is_number()) parts.push_back(name + " " + measured(value.get<double>()));
  }
  return join(parts, ", ");
}

// From free fields of a model.json, which may come from anybody: 0 and "" when they are missing.
int64_t epoch_of(const Model& model) {
  const auto found = model.metrics.is_object() ? model.metrics.find("epoch") : model.metrics.end();
  return found != model.metrics.end() && found->is_number_integer() ? found->get<int64_t>() : 0;
}

std::string dataset_of(const Model& model) {
  const Json::json_pointer digest("/dataset/digest");
  const bool told = model.lineage.contains(digest) && model.lineage.at(digest).is_string();
  return told ? model.lineage.at(digest).get<std::string>() : std::string();
}

Result<> show_outcome(const std::string& path, const TrainOutcome& outcome, Context& context) {
  const Model& model = outcome.model;
  const Json result = document("Model", {{"path", path},
                                         {"digest", outcome.digest},
                                         {"task", name(model.task)},
                                         {"classes", model.classes},
                                         {"parameters", parameter_count(model.network)},
                                         {"metrics", model.metrics},
                                         {"epochs", outcome.history},
                                         {"upToDate", outcome.up_to_date}});
  return print(context, result, "model/" + path, [&](bool) {
    return fmt::format("{}: {} parameters, validation at epoch {}: {}\n", visible(path),
                       human_count(static_cast<uint64_t>(parameter_count(model.network))), epoch_of(model),
                       metrics_text(model.metrics));
  });
}

RunResult train_recorded(Job& job, Context& context, RunRecord& record) {
  TrainView view(context);
  std::vector<TrainObserver*> watching = {&view};
  std::optional<MetricsLog> metrics;
  if (!record.id.empty()) {
    const sys::PathAt folder = TRY(run_log(context).place(record));
    metrics.emplace(TRY(MetricsLog::open(folder, context.clock)));
    watching.push_back(&*metrics);
  }
  TrainObservers observers(watching);
  StagedOutput to = TRY(StagedOutput::open(workspace(context, job.store), job.output,
                                           {"model.json", job.request.overwrite, true}));
  job.request.output = to.path();
  job.request.upkeep = to.upkeep(job.verify);
  const PackCache packs(MirrorCache(context.cache_folder() / "packs", TRY(cache_bound(context.env))));
  const TrainOutcome outcome = TRY(
      train(job.request, {[&] { return context.engine(); }, context.clock, context.stop, observers, &packs}));
  if (metrics && !metrics->status())
    context.io.warn("metrics were lost: " + metrics->status().error().message);
  TRY(to.deliver());
  record.metrics = outcome.model.metrics;
  record.inputs = {{job.dataset, dataset_of(outcome.model)}};
  record.outputs = {{job.output, outcome.digest}};
  record.up_to_date = outcome.up_to_date;
  if (outcome.up_to_date) context.io.note(job.output + " is up to date");
  TRY(show_outcome(job.output, outcome, context));
  return Exit::ok;
}

RunResult run(const Options& options, Context& context) {
  const std::optional<Manifest> manifest = TRY(load_manifest(options.manifest, "Train", context));
  Job job = TRY(job_of(options, manifest, context));
  RunResult outcome = options.dry_run ? show_plan(job, context)
                                      : recorded(context, "train", job.request.spec,
                                                 [&](RunRecord& record, const std::filesystem::path&) {
                                                   return train_recorded(job, context, record);
                                                 });
  if (!outcome) return fail(with_place(outcome.error(), manifest));
  return outcome;
}

}  // namespace

const Command& train_command() {
  static const Command command(
      {"train", "lifecycle", "Train a model on a dataset", "DATASET|-f FILE [--to MODEL] [flags]",
       "mlctl train data/rabbits --to models/rabbits\n"
       "mlctl train data/rabbits --to models/rabbits --epochs 20 --lr 0.0005\n"
       "mlctl train -f train.yaml --set spec.epochs=20\n"
       "# from a store into a store; a file of rows is read as `mlctl ingest` would\n"
       "mlctl train s3://bucket/data.csv --to s3://bucket/models/prices\n"
       "# what would be trained\n"
       "mlctl train data/rabbits --dry-run",
       "The dataset chooses the task, and the task a model, an optimiser and a schedule. "
       "An interrupted training goes on where it was, to the same weights, when the command is given again; "
       "the best epoch's weights become the model."},
      declare, check, run);
  return command;
}

}  // namespace mlctl
