#include "core/clean/clean.h"

#include <fmt/format.h>

#include "cmd/shell/command.h"
#include "cmd/shell/manifest_flags.h"
#include "cmd/shell/output.h"
#include "cmd/shell/progress_bars.h"
#include "cmd/shell/recorded.h"
#include "cmd/shell/workspace.h"
#include "cmd/show/dataset_text.h"
#include "core/base/strings.h"
#include "core/clean/pii_key.h"
#include "core/clean/report.h"
#include "core/clean/tally.h"

namespace mlctl {

namespace {

struct Options {
  std::string dataset, to, min_size, dedupe, missing, outliers, mask_pii, max_bad, report;
  ManifestFlags manifest;
  bool drop_constant = false, overwrite = false, verify = false, dry_run = false;
  StoreOptions store;
};

void declare(Flags& flags, Options& options) {
  flags.positional("DATASET", options.dataset, "the dataset to clean", Value::dataset, false);
  flags.option("--to", "DATASET", options.to, "the folder to make", Value::folder);
  declare(flags, options.manifest);
  flags.option("--min-size", "WxH", options.min_size, "images: the smallest to keep, e.g. 100x100")
      .must(parses(parse_min_size));
  flags.choice("--dedupe", options.dedupe, {"exact", "near", "none"},
               "drop copies: of the same content (the default), or nearly the same pictures and texts too");
  flags
      .option("--missing", "HOW", options.missing,
              "tables: drop | mean | median | mode | constant:VALUE for empty cells of features")
      .must(parses(parse_missing));
  flags.choice("--outliers", options.outliers, {"iqr", "zscore"},
               "tables: drop rows with a number more than 3 interquartile ranges or standard deviations out");
  flags.optional_choice("--mask-pii", options.mask_pii, {"hash", "redact"}, "hash",
                        "hide e-mail addresses, phone, card and id numbers, IP addresses");
  flags.flag("--drop-constant", options.drop_constant,
             "tables: drop columns that have a single value in train");
  flags.option("--max-bad", "N|P%", options.max_bad, "corrupt items to drop before it is an error (1%)")
      .must(parses(parse_bad_limit));
  flags.option("--report", "FILE", options.report, "write a report, as clean.html", Value::file);
  flags.flag("--overwrite", options.overwrite, "replace a dataset made from other inputs, or a damaged one");
  flags.flag("--verify", options.verify, "compare every byte of what is there, whatever its times say");
  flags.flag("--dry-run", options.dry_run, "look and report, write nothing");
  declare_store(flags, options.store);
}

// The manifest's spec, then the flags over it.
Result<CleanSpec> merge(const Options& options, const std::optional<Manifest>& manifest) {
  CleanSpec spec;
  if (manifest) spec = TRY(clean_spec_from_json(manifest->spec, manifest->file));
  if (!options.dataset.empty()) spec.dataset = options.dataset;
  if (!options.to.empty()) spec.output = options.to;
  if (!options.report.empty()) spec.report = options.report;
  CleanRules& rules = spec.rules;
  if (!options.min_size.empty())
    std::tie(rules.min_width, rules.min_height) = TRY(parse_min_size(options.min_size));
  if (!options.dedupe.empty()) rules.dedupe = TRY(parse_dedupe(options.dedupe));
  if (!options.missing.empty()) {
    rules.missing = TRY(parse_missing(options.missing));
    rules.missing_by_column.clear();
  }
  if (!options.outliers.empty()) rules.outliers = TRY(parse_outliers(options.outliers));
  if (!options.mask_pii.empty()) rules.mask_pii = TRY(parse_masking(options.mask_pii));
  if (!options.max_bad.empty()) rules.max_bad = TRY(parse_bad_limit(options.max_bad));
  rules.drop_constant = rules.drop_constant || options.drop_constant;
  return spec;
}

Result<> check(const Options& options) {
  TRY(check(options.manifest));
  if (!options.manifest.file.empty()) return {};  // it may name the datasets
  if (options.dataset.empty()) return fail(Exit::usage, "DATASET is missing", "name the dataset to clean");
  if (options.to.empty() && !options.dry_run) return fail(Exit::usage, "--to DATASET is missing");
  return {};
}

struct Job {
  CleanSpec spec;
  LocalFiles staged;
  std::unique_ptr<ShardFolder> shards;
  std::filesystem::path to;
  Dataset dataset;
  StoreOptions store;
};

std::string without_end(std::string url) {
  while (url.ends_with('/')) url.pop_back();
  return url;
}

Result<> refuse_in_place(const std::string& input, const std::string& to) {
  TRY(check_place(to));
  std::error_code ignored;
  const bool same = is_stored(input) || is_stored(to)
                        ? without_end(input) == without_end(to)
                        : std::filesystem::equivalent(plain_path(input), plain_path(to), ignored);
  if (!same) return {};
  return fail(Exit::usage, "--to is the dataset itself",
              "a dataset is never changed in place: name another folder");
}

Result<Job> prepare(const Options& options, Context& context) {
  Job job;
  const std::optional<Manifest> manifest = TRY(load_manifest(options.manifest, "Clean", context));
  job.spec = TRY(merge(options, manifest));
  if (!job.spec.dataset)
    return fail(Exit::usage, "DATASET is missing", "name it, or write spec.dataset in the manifest");
  if (!job.spec.output && !options.dry_run)
    return fail(Exit::usage, "--to DATASET is missing", "give it, or write spec.output in the manifest");
  if (job.spec.output) TRY(refuse_in_place(*job.spec.dataset, *job.spec.output));
  job.store = options.store;
  job.staged = TRY(workspace(context, options.store).files(*job.spec.dataset));
  job.shards =
      std::make_unique<ShardFolder>(job.staged.path, options.verify ? Seals() : workspace(context).seals());
  job.dataset = TRY(job.shards->open());
  return job;
}

std::string counts_line(const char* title, const std::map<std::string, int64_t>& counts) {
  std::vector<std::string> parts;
  for (const auto& [name, count] : counts)
    parts.push_back(fmt::format("{} {}", human_count(static_cast<uint64_t>(count)), name));
  return parts.empty() ? "" : fmt::format("{:10} {}\n", title, join(parts, ", "));
}

std::string names_line(const char* title, const Json& lineage, const char* key) {
  if (!lineage.contains(key)) return "";
  return fmt::format("{:10} {}\n", title, join(lineage.at(key).get<std::vector<std::string>>(), ", "));
}

std::string removal_table(const Tally& tally) {
  if (tally.removed.empty()) return "Nothing removed\n";
  Table table{{"REMOVED FOR", "TRAIN", "VALIDATION", "TEST"}, {}};
  for (const auto& [reason, splits] : tally.removed) {
    std::vector<std::string> row = {reason};
    for (const char* split : {"train", "validation", "test"})
      row.push_back(splits.contains(split) ? human_count(static_cast<uint64_t>(splits.at(split))) : "-");
    table.rows.push_back(std::move(row));
  }
  return render(table, false);
}

// What was done, from the lineage.
std::string summary(const Json& lineage) {
  const Tally tally = tally_from_json(lineage);
  std::string text = removal_table(tally);
  text += counts_line("Doubtful", tally.suspects) + counts_line("Masked", tally.masked) +
          counts_line("Filled", tally.filled);
  text +=
      names_line("Constant", lineage, "constantColumns") + names_line("Dropped", lineage, "droppedColumns");
  if (tally.leaks_kept > 0)
    text += fmt::format("Leakage    {} of train left in (leakage: report)\n",
                        plural(static_cast<uint64_t>(tally.leaks_kept), "item"));
  return text;
}

Result<> write_report(const Job& job, const Dataset& cleaned, Context& context) {
  if (!job.spec.report) return {};
  ShardFolder made(job.to);
  const std::string html = TRY(clean_report({*job.shards, job.dataset, made, cleaned}));
  TRY(workspace(context, job.store).write(*job.spec.report, html, true));
  context.io.note(fmt::format("report: {}", *job.spec.report));
  return {};
}

Exit stopped(const CleanOutcome& outcome, Context& context) {
  if (!outcome.saved) return context.stop.code();
  context.io.note("stopped; run the same command again to go on from here");
  return Exit::interrupted;
}

// Says what was done. What was made is in its place by then.
Result<Exit> show(const Job& job, const CleanOutcome& outcome, Context& context) {
  if (outcome.state == CleanState::up_to_date)
    context.io.note(fmt::format("{} is up to date", *job.spec.output));
  if (outcome.state == CleanState::planned) {
    TRY(print(context, document("CleanPlan", outcome.dataset.lineage), "dataset/" + *job.spec.dataset,
              [&](bool) { return summary(outcome.dataset.lineage); }));
    return Exit::ok;
  }
  TRY(print(context, to_json(outcome.dataset), "dataset/" + *job.spec.output, [&](bool wide) {
    return summary(outcome.dataset.lineage) + "\n" + describe_dataset(outcome.dataset, wide);
  }));
  return Exit::ok;
}

RunResult run(const Options& options, Context& context) {
  Job job = TRY(prepare(options, context));
  CleanRequest request{*job.shards, job.dataset,       job.to,         job.spec.rules,
                       {},          options.overwrite, options.dry_run};
  request.expansions = context.expansions;
  if (request.rules.mask_pii != Masking::none)
    request.pii_key = TRY(pii_key(context.env, context.user_state_folder()));
  const auto work = [&]() -> Result<CleanOutcome> {
    ProgressBars progress(context);
    return clean(request, progress.host());
  };
  if (options.dry_run) {
    const CleanOutcome outcome = TRY(work());
    if (outcome.state == CleanState::stopped) return stopped(outcome, context);
    return show(job, outcome, context);
  }
  return recorded(
      context, "clean", to_json(job.spec), [&](RunRecord& record, const std::filesystem::path&) -> RunResult {
        record.inputs.push_back({*job.spec.dataset, dataset_digest(job.dataset)});
        StagedOutput to =
            TRY(StagedOutput::open(workspace(context, options.store), *job.spec.output,
                                   {"dataset.json", options.overwrite, job.spec.report.has_value()}));
        request.to = job.to = to.path();
        request.upkeep = to.upkeep(options.verify);
        const CleanOutcome outcome = TRY(work());
        if (outcome.state == CleanState::stopped) return stopped(outcome, context);
        TRY(write_report(job, outcome.dataset, context));
        TRY(to.deliver());
        record.outputs.push_back({*job.spec.output, dataset_digest(outcome.dataset)});
        record.up_to_date = outcome.state == CleanState::up_to_date;
        record.metrics = to_json(tally_from_json(outcome.dataset.lineage));
        return show(job, outcome, context);
      });
}

}  // namespace

const Command& clean_command() {
  static const Command command(
      {"clean", "lifecycle", "Drop what would mislead training, and say why", "DATASET --to DATASET [flags]",
       "# corrupt items, exact duplicates, items of train that are in test too\n"
       "mlctl clean data/photos --to data/clean --report clean.html\n"
       "# pictures: small ones and look-alikes as well\n"
       "mlctl clean data/photos --to data/clean --min-size 100x100 --dedupe near\n"
       "# tables: fill gaps, drop outliers\n"
       "mlctl clean data/churn --to data/clean --missing median --outliers iqr\n"
       "# texts: hide personal data\n"
       "mlctl clean data/mails --to data/clean --mask-pii redact\n"
       "# look before\n"
       "mlctl clean data/photos --dedupe near --dry-run",
       "Rules are fitted on train and applied to every split; items never move between splits. "
       "Of two equal items in two splits the one in test (or validation) stays. Everything removed is listed "
       "in rejects.jsonl with a reason, every doubtful label in suspects.jsonl.\n\n" +
           reason_help()},
      declare, check, run);
  return command;
}

}  // namespace mlctl
