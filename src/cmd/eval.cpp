#include <algorithm>

#include <fmt/format.h>

#include "cmd/shell/command.h"
#include "cmd/shell/manifest_flags.h"
#include "cmd/shell/output.h"
#include "cmd/shell/progress.h"
#include "cmd/shell/recorded.h"
#include "cmd/shell/workspace.h"
#include "core/base/strings.h"
#include "core/eval/eval_spec.h"
#include "core/eval/evaluate.h"
#include "core/eval/gates.h"
#include "core/eval/report.h"
#include "core/manifest/apply.h"
#include "core/sys/fs.h"

namespace mlctl {

namespace {

namespace fs = std::filesystem;

struct Options {
  ManifestFlags manifest;
  std::string model, data, baseline, report, device = "auto";
  std::vector<std::string> gates;
  std::optional<int64_t> batch_size;
  bool dry_run = false;
  StoreOptions store;
};

void declare(Flags& flags, Options& options) {
  flags.positional("MODEL", options.model, "the model to judge", Value::model, false);
  declare(flags, options.manifest);
  flags.option("--data", "DATASET[:SPLIT]", options.data,
               "what to judge it on; the split is test unless told", Value::dataset);
  flags
      .list("--gate", "BOUND", options.gates,
            "a bound to keep, as 'accuracy>=0.90' (repeatable); else exit 11", Value::gate)
      .must(parses(parse_gate));
  flags.option("--baseline", "MODEL", options.baseline, "compare with this model, on the same examples",
               Value::model);
  flags.option("--report", "FILE", options.report, "write a report, as eval.html", Value::file);
  flags.option("--batch-size", "N", options.batch_size, "examples at a time (default: by their size)")
      .at_least(1);
  flags.flag("--dry-run", options.dry_run, "check the model, the data and the gates, and compute nothing");
  flags.choice("--device", options.device, {"auto", "cpu", "cuda"}, "where to compute").setting("device");
  declare_store(flags, options.store);
}

Result<> check(const Options& options) {
  TRY(check(options.manifest));
  if (!options.manifest.file.empty()) return {};  // it names them
  if (options.model.empty())
    return fail(Exit::usage, "MODEL is missing", "name the model to judge, or a manifest with -f FILE");
  if (options.data.empty())
    return fail(Exit::usage, "--data is missing", "name the dataset: --data DATASET or --data DATASET:SPLIT");
  TRY(check_place(options.model));
  return {};
}

// What the manifest says where no flag does.
Result<> fill_in(const Manifest& manifest, Options& options) {
  const EvalSpec spec = TRY(eval_spec_from_json(manifest.spec, manifest.file));
  if (options.model.empty()) options.model = spec.model;
  if (options.data.empty()) options.data = spec.data;
  if (options.baseline.empty()) options.baseline = spec.baseline;
  if (options.report.empty()) options.report = spec.report;
  if (options.gates.empty()) options.gates = spec.gates;
  return {};
}

// A model as named on the command line, opened and checked.
struct Opened {
  std::string name;
  LocalFiles staged;
  fs::path folder;
  Package package;

  const Model& model() const { return package.model; }
};
Result<Opened> open_named(const std::string& name, const Options& options, Context& context) {
  LocalFiles staged = TRY(workspace(context, options.store).files(name));
  const fs::path folder = staged.path;
  return Opened{name, std::move(staged), folder, TRY(open_package(folder))};
}

struct Data {
  std::string name;  // without the split
  OpenedDataset staged;
  Dataset dataset;
  std::string split;
};
Result<Data> open_data(const Options& options, Context& context) {
  const std::string& text = options.data;
  OpenedDataset staged = TRY(workspace(context, options.store).dataset(text));
  const std::string name = plain_path(staged.split.empty() ? text : text.substr(0, text.rfind(':')));
  Dataset dataset = TRY(staged.shards->open());
  const std::string split = staged.split.empty() ? "test" : staged.split;
  Data data{name, std::move(staged), std::move(dataset), split};
  if (!data.dataset.splits.contains(split)) {
    std::vector<std::string> names;
    for (const auto& [each, contents] : data.dataset.splits) names.push_back(each);
    return fail(Exit::not_found, fmt::format("{} has no {} split", data.name, data.split),
                fmt::format("its splits: {}; write {}:{}", join(names, ", "), data.name,
                            names.empty() ? "SPLIT" : names.front()));
  }
  return data;
}

// The split's shards and nothing else: what will be read must be what dataset.json lists.
Result<> verify_split(const Data& data) {
  Dataset part = data.dataset;
  const std::vector<InsidePath>& shards = data.dataset.splits.at(data.split).files;
  std::erase_if(part.files, [&](const FileEntry& file) {
    return std::find(shards.begin(), shards.end(), file.path) == shards.end();
  });
  return data.staged.shards->verify(part);
}

std::string number(const Json& value) {
  return value.is_number() ? measured(value.get<double>()) : "-";
}

std::string human(const Evaluation& evaluation, const std::vector<Difference>& differences) {
  Table table{{"METRIC", "VALUE"}, {}};
  if (!differences.empty()) table.header = {"METRIC", "VALUE", "BASELINE", "DIFFERENCE", "95% INTERVAL"};
  for (const auto& [metric, value] : evaluation.metrics.items()) {
    std::vector<std::string> row = {metric, number(value)};
    for (const Difference& one : differences) {
      if (one.metric != metric) continue;
      row.push_back(measured(one.baseline));
      row.push_back(fmt::format("{:+.4f}", one.difference()));
      row.push_back(fmt::format("{:+.4f} .. {:+.4f}", one.low, one.high));
    }
    row.resize(table.header.size(), "-");
    table.rows.push_back(std::move(row));
  }
  std::string text = fmt::format("{}, {} split, {}\n\n", evaluation.task, evaluation.split,
                                 plural(static_cast<uint64_t>(evaluation.samples), "example"));
  text += render(table, false);
  for (const GateOutcome& gate : evaluation.gates)
    text += fmt::format("{}gate {}: {}\n", &gate == evaluation.gates.data() ? "\n" : "", gate.expr,
                        gate.passed ? "passed" : "failed");
  return text;
}

// Everything of an evaluation that the command line decides, opened.
struct Job {
  Opened model;
  std::optional<Opened> baseline;
  Data data;
  std::vector<Gate> gates;
};
Result<Job> prepare(const Options& options, Context& context) {
  Opened model = TRY(open_named(options.model, options, context));
  std::optional<Opened> baseline;
  if (!options.baseline.empty()) baseline = TRY(open_named(options.baseline, options, context));
  Job job{std::move(model), std::move(baseline), TRY(open_data(options, context)), {}};
  for (const std::string& gate : options.gates) job.gates.push_back(TRY(parse_gate(gate)));
  TRY(check_gates(job.gates, metric_names(job.model.model())));
  TRY(check_compatible(job.model.model(), job.data.dataset));
  TRY(verify_split(job.data));
  return job;
}

Result<EvaluateRequest> request_of(const Options& options, const Job& job, Engine& engine) {
  EvaluateRequest request;
  const Opened& model = job.model;
  request.model = {&model.model(), TRY(open_forward(engine, model.package, options.device))};
  if (job.baseline) {
    const Opened& other = *job.baseline;
    const Forward forward = TRY(open_forward(engine, other.package, options.device));
    request.baseline = Contender{&other.model(), forward};
  }
  request.shards = job.data.staged.shards.get();
  request.dataset = &job.data.dataset;
  request.split = job.data.split;
  request.batch_size = options.batch_size.value_or(0);
  return request;
}

Result<Findings> pass(const EvaluateRequest& request, Context& context) {
  Progress progress(context, "eval", "examples",
                    static_cast<uint64_t>(request.dataset->splits.at(request.split).samples));
  return evaluate(
      request, [&](int64_t done) { progress.set(static_cast<uint64_t>(done)); }, context.stop);
}

Result<> write_report(const Options& options, Context& context, const EvaluateRequest& request,
                      const Findings& findings, const Evaluation& evaluation) {
  if (options.report.empty()) return {};
  const EvalReport report{
      &evaluation,   &findings,    request.dataset,  TRY(fetch_examples(request, findings.worst)),
      options.model, options.data, options.baseline,
  };
  TRY(workspace(context, options.store).write(options.report, html_report(report), true));
  context.io.note("report: " + options.report);
  return {};
}

// Beside the model; of one in a store, there too.
Result<> keep(const Options& options, Context& context, const Job& job, const Evaluation& evaluation) {
  const fs::path& folder = job.model.folder;
  if (!is_stored(options.model)) return remember(folder, evaluation).map([](const fs::path&) {});
  const fs::path file = TRY(remember(folder, evaluation));
  const std::string below = file.lexically_relative(folder).generic_string();
  const char* const slash = options.model.ends_with('/') ? "" : "/";
  const std::string bytes = TRY(sys::read_file(file));
  return workspace(context, options.store).write(options.model + slash + below, bytes, false);
}

RunResult judge_job(const Options& options, Context& context, const Job& job, Json& metrics) {
  Engine* engine = TRY(context.engine());
  const EvaluateRequest request = TRY(request_of(options, job, *engine));
  const Findings findings = TRY(pass(request, context));
  metrics = findings.metrics;
  Evaluation evaluation = to_evaluation(findings, job.data.split);
  evaluation.model = job.model.package.digest.hex();
  evaluation.data = dataset_digest(job.data.dataset);
  evaluation.gates = TRY(judge(job.gates, findings.metrics));
  if (job.baseline)
    evaluation.baseline =
        baseline_json(findings.differences, options.baseline, job.baseline->package.digest.hex());
  TRY(write_report(options, context, request, findings, evaluation));
  if (const Result<> kept = keep(options, context, job, evaluation); !kept)
    context.io.warn("the evaluation is not remembered for deploy: " + kept.error().message);
  TRY(print(context, document("Evaluation", to_json(evaluation)), "model/" + options.model,
            [&](bool) { return human(evaluation, findings.differences); }));
  if (evaluation.passed()) return Exit::ok;
  context.io.flush();
  return fail(Exit::gate, "gate failed: " + shortfalls(job.gates, evaluation.gates));
}

RunResult print_plan(const Options& options, Context& context, const Job& job) {
  const int64_t samples = job.data.dataset.splits.at(job.data.split).samples;
  const Json plan = document("EvaluationPlan", {{"model", options.model},
                                                {"task", name(job.model.model().task)},
                                                {"split", job.data.split},
                                                {"samples", samples},
                                                {"metrics", metric_names(job.model.model())},
                                                {"gates", options.gates}});
  TRY(print(context, plan, "model/" + options.model, [&](bool) {
    return fmt::format("would judge {} on the {} split, {}: {}\n", options.model, job.data.split,
                       plural(static_cast<uint64_t>(samples), "example"),
                       join(metric_names(job.model.model()), ", "));
  }));
  return Exit::ok;
}

// As an Eval manifest would say it.
Json parameters_of(const Options& options) {
  Json parameters = {{"model", options.model}, {"data", options.data}};
  if (!options.gates.empty()) parameters["gate"] = options.gates;
  if (!options.baseline.empty()) parameters["baseline"] = options.baseline;
  if (!options.report.empty()) parameters["report"] = options.report;
  return parameters;
}

RunResult run(const Options& given, Context& context) {
  Options options = given;
  const std::optional<Manifest> manifest = TRY(load_manifest(options.manifest, "Eval", context));
  if (manifest) TRY(fill_in(*manifest, options));
  const Job job = TRY(prepare(options, context));
  if (options.dry_run) return print_plan(options, context, job);
  return recorded(context, "eval", parameters_of(options), [&](RunRecord& record, const fs::path&) {
    record.inputs = {{options.model, job.model.package.digest.hex()},
                     {job.data.name, dataset_digest(job.data.dataset)}};
    return judge_job(options, context, job, record.metrics);
  });
}

}  // namespace

const Command& eval_command() {
  static const Command command(
      {"eval", "lifecycle", "Judge a model: metrics, gates, a report",
       "MODEL --data DATASET[:SPLIT] | -f FILE [flags]",
       "mlctl eval models/rabbits --data data/rabbits\n"
       "mlctl eval models/rabbits --data data/rabbits --gate 'accuracy>=0.90' --report eval.html\n"
       "# is it better than the old one?\n"
       "mlctl eval models/new --data data/rabbits --baseline models/old",
       "The evaluation is remembered beside the model, with its gates: "
       "mlctl deploy refuses a model whose last one failed."},
      declare, check, run);
  return command;
}

}  // namespace mlctl
