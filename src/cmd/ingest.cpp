#include <fmt/format.h>

#include "cmd/shell/command.h"
#include "cmd/shell/output.h"
#include "cmd/shell/progress_bars.h"
#include "cmd/shell/recorded.h"
#include "cmd/shell/workspace.h"
#include "cmd/show/dataset_text.h"
#include "core/base/strings.h"
#include "core/base/visible.h"
#include "core/ingest/ingest.h"
#include "core/sys/fs.h"

namespace mlctl {

namespace {

struct Options {
  std::vector<std::string> sources, types, classes;
  std::string to, kind, label, text, user, item, rating, split = "0.8,0.1,0.1", shard, max_bad;
  std::optional<int64_t> seed;
  bool overwrite = false, verify = false, dry_run = false;
  StoreOptions store;
};

Result<std::pair<std::string, TypeWish>> typed_column(const std::string& text) {
  const size_t equals = text.rfind('=');
  if (equals == std::string::npos || equals == 0) {
    return fail(Exit::usage, fmt::format("--type {} is not COLUMN=TYPE", text),
                "for example --type zip=category");
  }
  return std::pair(text.substr(0, equals), TRY(parse_type(text.substr(equals + 1))));
}

void declare(Flags& flags, Options& options) {
  flags.positionals("SOURCE", options.sources, "folders, archives, IDX, CSV, TSV or JSONL files",
                    Value::file);
  flags.option("--to", "DATASET", options.to, "the folder to make", Value::folder);
  flags.choice("--kind", options.kind, {"image", "text", "table", "ratings"},
               "what the data is (else guessed, and said)");
  flags.option("--label", "HOW", options.label, "dir | filename | column:NAME");
  flags.option("--text", "column:NAME", options.text, "the column of the text");
  flags.option("--user", "NAME", options.user, "ratings: the column of users");
  flags.option("--item", "NAME", options.item, "ratings: the column of items");
  flags.option("--rating", "NAME", options.rating, "ratings: the column of ratings");
  flags
      .list("--type", "COLUMN=TYPE", options.types,
            "read a column as number, integer, category, boolean, date, dd/mm/yyyy, mm/dd/yyyy, "
            "decimal-comma or text (repeatable)")
      .must(parses(typed_column));
  flags.list("--classes", "NAME,NAME,…", options.classes, "IDX: names of the classes 0, 1, …");
  flags.option("--split", "SHARES", options.split, "shares of train, validation and test")
      .must(parses(parse_split));
  flags.option("--seed", "N", options.seed, "of the split (1)").at_least(0).setting("seed");
  flags.option("--shard", "i/n", options.shard, "take only this share of the items, i counted from 0")
      .must(parses(parse_shard));
  flags
      .option("--max-bad", "N|P%", options.max_bad,
              "bad items to leave out before it is an error (1%; labels 0)")
      .must(parses(parse_bad_limit));
  flags.flag("--overwrite", options.overwrite, "replace a dataset made from other inputs, or a damaged one");
  flags.flag("--verify", options.verify, "compare every byte of what is there, whatever its times say");
  flags.flag("--dry-run", options.dry_run, "read and report, write nothing");
  declare_store(flags, options.store);
}

std::string column_name(const std::string& flag) {
  return flag.starts_with("column:") ? flag.substr(7) : flag;
}

Result<IngestRequest> request_of(const Options& options) {
  IngestRequest request;
  request.label = column_name(options.label);
  request.text = column_name(options.text);
  request.user = column_name(options.user);
  request.item = column_name(options.item);
  request.rating = column_name(options.rating);
  for (const std::string& each : options.types) {
    request.types.insert(TRY(typed_column(each)));
  }
  for (const std::string& each : options.classes) {
    for (const std::string& label : split(each, ',')) request.classes.emplace_back(trim(label));
  }
  request.split.parts = TRY(parse_split(options.split));
  if (options.seed) request.split.seed = static_cast<uint64_t>(*options.seed);
  if (!options.shard.empty())
    std::tie(request.split.shard, request.split.shards) = TRY(parse_shard(options.shard));
  if (!options.max_bad.empty()) request.max_bad = TRY(parse_bad_limit(options.max_bad));
  request.overwrite = options.overwrite;
  request.dry_run = options.dry_run;
  return request;
}

Result<> check(const Options& options) {
  if (options.to.empty() && !options.dry_run) return fail(Exit::usage, "--to DATASET is missing");
  for (const std::string& source : options.sources) TRY(check_place(source));
  if (options.to.empty()) return {};
  TRY(check_place(options.to));
  TRY(request_of(options));
  return {};
}

Result<> choose_kind(const Options& options, IngestRequest& request, Context& context) {
  if (!options.kind.empty()) {
    request.kind = TRY(dataset_kind(options.kind));
    return {};
  }
  const KindGuess guess = TRY(guess_kind(request, context.stop));
  request.kind = guess.kind;
  context.io.note(fmt::format("reading {} as {}: {} (--kind says otherwise)", options.sources[0],
                              name(guess.kind), guess.because));
  return {};
}

Result<IngestOutcome> run_ingest(const IngestRequest& request, Context& context) {
  ProgressBars progress(context);
  return ingest(request, progress.host());
}

// A dry run: what would be written where.
Result<> report_plan(const Options& options, const IngestOutcome& outcome, Context& context) {
  const Dataset& dataset = outcome.dataset;
  int64_t samples = 0;
  Json splits = Json::object(), columns = Json::array();
  for (const auto& [split, part] : dataset.splits) {
    splits[split] = part.samples;
    samples += part.samples;
  }
  for (const Column& column : dataset.columns) {
    columns.push_back({{"name", column.name}, {"type", name(column.type)}, {"role", name(column.role)}});
  }
  const Json plan = document("IngestPlan", {{"to", options.to},
                                            {"type", name(dataset.kind)},
                                            {"samples", samples},
                                            {"splits", splits},
                                            {"classes", dataset.classes},
                                            {"columns", columns},
                                            {"rejected", outcome.rejected}});
  return print(context, plan, "dataset/" + options.to, [&](bool wide) {
    return fmt::format("would write {}: {}, {}\n\n", options.to.empty() ? "a dataset" : visible(options.to),
                       name(dataset.kind), plural(static_cast<uint64_t>(samples), "item")) +
           describe_plan(dataset, outcome.rejected, wide);
  });
}

Result<Exit> report(const Options& options, const IngestOutcome& outcome, Context& context) {
  if (outcome.state == IngestState::stopped) {
    if (!outcome.saved) return context.stop.code();
    context.io.note("stopped; run the same command again to go on from here");
    return Exit::interrupted;
  }
  if (outcome.state == IngestState::planned) {
    TRY(report_plan(options, outcome, context));
    return Exit::ok;
  }
  if (outcome.state == IngestState::up_to_date) context.io.note(fmt::format("{} is up to date", options.to));
  TRY(print(context, to_json(outcome.dataset), "dataset/" + options.to, [&](bool wide) {
    std::string text = describe_dataset(outcome.dataset, wide);
    if (outcome.rejected > 0) {
      text += fmt::format("Left out: {}, listed in {}/rejects.jsonl\n",
                          plural(static_cast<uint64_t>(outcome.rejected), "bad item"), visible(options.to));
    }
    return text;
  }));
  return Exit::ok;
}

void add_artifacts(const Options& options, const IngestOutcome& outcome, RunRecord& record) {
  if (outcome.state == IngestState::stopped) return;
  const Json& inputs = outcome.dataset.lineage.at("inputs");
  for (size_t i = 0; i < options.sources.size(); ++i) {
    record.inputs.push_back({options.sources[i], inputs.at(i).at("digest")});
  }
  record.outputs.push_back({options.to, dataset_digest(outcome.dataset)});
  record.up_to_date = outcome.state == IngestState::up_to_date;
}

// Files of rows and a folder of pictures in a store are read from there, anything else as files.
struct Sources {
  StoredPictures pictures;
  std::vector<std::unique_ptr<StoredText>> rows;
  std::vector<LocalFiles> files;
  std::vector<IngestSource> all{};  // in the order given, but for the pictures
};
Result<Sources> stage_sources(const Options& options, Context& context) {
  Sources sources;
  const bool may_stream = options.kind.empty() || options.kind == "image";
  if (may_stream && options.sources.size() == 1 && is_stored(options.sources[0]))
    sources.pictures = TRY(workspace(context, options.store).pictures(options.sources[0]));
  if (sources.pictures.files) return sources;
  for (const std::string& source : options.sources) {
    if (is_stored(source) && options.kind != "image") {
      if (auto rows = TRY(workspace(context, options.store).text(source))) {
        sources.all.emplace_back(rows->url(), rows.get());
        sources.rows.push_back(std::move(rows));
        continue;
      }
    }
    sources.files.push_back(TRY(workspace(context, options.store).files(source)));
    if (!sys::exists(sources.files.back().path))
      return fail(Exit::not_found, fmt::format("{} does not exist", source), "check the path");
    sources.all.emplace_back(sources.files.back().path);
  }
  return sources;
}

RunResult run(const Options& options, Context& context) {
  IngestRequest request = TRY(request_of(options));
  const Sources sources = TRY(stage_sources(options, context));
  request.expansions = context.expansions;
  request.remote = sources.pictures.files.get();
  request.sources = sources.all;
  TRY(choose_kind(options, request, context));
  if (options.dry_run) return report(options, TRY(run_ingest(request, context)), context);
  const Json parameters = {{"to", options.to}, {"kind", name(request.kind)}};
  return recorded(context, "ingest", parameters,
                  [&](RunRecord& record, const std::filesystem::path&) -> RunResult {
                    StagedOutput to = TRY(StagedOutput::open(workspace(context, options.store), options.to,
                                                             {"dataset.json", options.overwrite}));
                    request.to = to.path();
                    request.upkeep = to.upkeep(options.verify);
                    const IngestOutcome outcome = TRY(run_ingest(request, context));
                    if (outcome.state != IngestState::stopped) TRY(to.deliver());
                    add_artifacts(options, outcome, record);
                    return report(options, outcome, context);
                  });
}

}  // namespace

const Command& ingest_command() {
  static const Command command(
      {"ingest", "lifecycle", "Turn folders, archives and files into a dataset",
       "SOURCE... --to DATASET [flags]",
       "# a folder of pictures, one folder for each class\n"
       "mlctl ingest photos --to data/photos\n"
       "# a table; the column to predict\n"
       "mlctl ingest customers.csv --label churned --to data/churn\n"
       "# texts and their labels\n"
       "mlctl ingest reviews.jsonl --kind text --text column:review --label column:stars --to data/reviews\n"
       "mlctl ingest ratings.csv --kind ratings --to data/ratings\n"
       "# from a bucket into a bucket\n"
       "mlctl ingest s3://photos/raw --to s3://photos/rabbits",
       "Items are split into train, validation and test by a hash of their content, "
       "unless the source comes split (folders or files called train, validation, test). "
       "Corrupt items are left out, listed in rejects.jsonl and bounded by --max-bad. "
       "After an interruption the same command goes on where it was."},
      declare, check, run);
  return command;
}

}  // namespace mlctl
