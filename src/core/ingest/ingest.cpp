#include "core/ingest/ingest.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/hash.h"
#include "core/base/in_order.h"
#include "core/base/secrets.h"
#include "core/base/strings.h"
#include "core/ingest/image_stream.h"
#include "core/ingest/ingest_work.h"
#include "core/sys/cpu.h"
#include "core/sys/fs.h"
#include "core/sys/walk.h"
#include "core/text/json.h"

namespace mlctl {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

namespace {

constexpr int kFormat = 2;  // raised when the same inputs give other bytes
constexpr size_t kShownRejects = 5;

using HashOf = std::function<Result<std::string>(size_t entry)>;

// The digest of a list of a folder's files with their SHA-256.
Result<std::string> digest_of(const std::vector<sys::Entry>& entries, const HashOf& hash_of,
                              const IngestHost& host) {
  Sha256 digest;
  size_t at = 0, done = 0;
  const auto produce = [&]() -> Result<std::optional<size_t>> {
    if (at == entries.size() || host.stop) return std::optional<size_t>();
    return std::optional(at++);
  };
  const auto hash = [&](size_t& entry) { return hash_of(entry); };
  const auto consume = [&](Result<std::string>& file) -> Result<> {
    if (!file) return fail(file.error());
    digest.update(entries[done].path.string());
    digest.update("\n" + *file + "\n");
    host.progress("hash", "files", ++done, entries.size());
    return {};
  };
  TRY((in_order<size_t, Result<std::string>>(sys::default_threads(), produce, hash, consume)));
  return digest.hex();
}

// The identity of a source: the SHA-256 of a file, or that of a folder's files.
Result<std::string> digest_of(const fs::path& source, SourceWatch& watch, const IngestHost& host) {
  if (!sys::is_folder(source)) {
    TRY(watch.open(source));
    return watch.sha256(source);
  }
  sys::PassedOver passed;  // told here, once, and not by those who list the same folder later
  const std::vector<sys::Entry> entries = TRY(watch.list(source, &passed));
  for (const std::string& sentence : sys::sentences(passed)) host.warn(source.string() + ": " + sentence);
  return digest_of(
      entries, [&](size_t entry) { return watch.sha256(source / entries[entry].path); }, host);
}

fs::path name_of(const fs::path& source) {
  const fs::path normal = source.lexically_normal();
  return normal.has_filename() ? normal.filename() : normal.parent_path().filename();
}

Json parameters_of(const IngestRequest& request) {
  Json result = {{"kind", name(request.kind)}};
  const std::pair<const char*, const std::string&> texts[] = {{"label", request.label},
                                                              {"text", request.text},
                                                              {"user", request.user},
                                                              {"item", request.item},
                                                              {"rating", request.rating}};
  for (const auto& [key, value] : texts) {
    if (!value.empty()) result[key] = value;
  }
  for (const auto& [column, wish] : request.types) {
    result["types"][column] = wish.form == CellForm::plain ? name(wish.type) : name(wish.form);
  }
  if (!request.classes.empty()) result["classes"] = request.classes;
  result["split"] = request.split.parts;
  result["seed"] = request.split.seed;
  if (request.split.shards > 1)
    result["shard"] = fmt::format("{}/{}", request.split.shard, request.split.shards);
  return result;
}

Result<Json> lineage_of(const IngestRequest& request, const IngestHost& host) {
  Json lineage = {{"command", "ingest"}, {"parameters", parameters_of(request)}, {"inputs", Json::array()}};
  // A remote source is not read just for its digest: until the end its state stands for it.
  for (const IngestSource& source : request.sources) {
    const std::string digest =
        source.remote != nullptr ? source.remote->state() : TRY(digest_of(source.path, *request.watch, host));
    lineage["inputs"].push_back(
        {{"name", without_secrets(name_of(source.path).string())}, {"digest", digest}});
  }
  for (const IngestSource& source : request.sources) {
    if (source.remote != nullptr) continue;
    const std::vector<sys::Entry> beside = TRY(files_beside(source.path, request));
    if (beside.empty()) continue;
    const fs::path folder = source.path.parent_path();
    const std::string digest = TRY(digest_of(
        beside, [&](size_t k) { return request.watch->sha256(folder / beside[k].path); }, host));
    lineage["inputs"].push_back({{"name", name_of(source.path).string() + ": files"}, {"digest", digest}});
  }
  if (request.remote != nullptr)
    lineage["inputs"].push_back(
        {{"name", without_secrets(request.remote->name())}, {"digest", request.remote->state()}});
  return lineage;
}

// Runs the ingest. On bad data, first checks whether a source changed meanwhile: then the change is the
// error, not the data.
Result<IngestOutcome> run_kind(IngestWork& work) {
  Result<IngestOutcome> outcome =
      work.request.kind == DatasetKind::image ? ingest_images(work) : ingest_rows(work);
  const bool planned = outcome && outcome->state == IngestState::planned;
  if (planned || (!outcome && outcome.error().code == Exit::data)) TRY(work.request.watch->settle());
  return outcome;
}

// Errors after which nothing can be resumed: bad data, bad flags, an early Ctrl-C, a source that has
// changed.
bool leaves_nothing(Exit code) {
  return code == Exit::data || code == Exit::usage || code == Exit::conflict;
}

}  // namespace

int64_t BadLimit::allowed(int64_t items) const {
  return count ? *count : static_cast<int64_t>(share * static_cast<double>(items));
}

Result<BadLimit> parse_bad_limit(const std::string& text) {
  BadLimit limit;
  limit.given = true;
  const bool percent = text.ends_with('%');
  const Result<double> value = parse_double(percent ? text.substr(0, text.size() - 1) : text);
  if (!value || *value < 0 || (percent && *value > 100) || (!percent && !parse_int(text))) {
    return fail(Exit::usage, fmt::format("--max-bad {} is neither a count nor a percentage", text),
                "for example --max-bad 10 or --max-bad 2%");
  }
  if (percent) {
    limit.share = *value / 100;
  } else {
    limit.count = static_cast<int64_t>(*value);
  }
  return limit;
}

Result<TypeWish> parse_type(const std::string& text) {
  const CellForm form = cell_form(text);
  if (form == CellForm::decimal_comma) return TypeWish{ColumnType::number, form};
  if (form != CellForm::plain) return TypeWish{ColumnType::date, form};
  return TypeWish{TRY(column_type(text)), CellForm::plain};
}

void BadItems::add(Reject reject) {
  ++count;
  if (reject.reason == "label") ++labels;
  if (first.size() < kShownRejects) first.push_back(std::move(reject));
}

bool BadItems::enough(int64_t allowed) const {
  return count > allowed && first.size() == kShownRejects;
}

Result<> check_bad(const BadItems& bad, int64_t items, const BadLimit& limit) {
  const int64_t allowed = limit.allowed(items);
  const bool label_missing = bad.labels > 0 && !limit.given;
  if ((bad.count <= allowed && !label_missing) || bad.first.empty()) return {};
  const auto shown = std::find_if(bad.first.begin(), bad.first.end(),
                                  [&](const Reject& r) { return !label_missing || r.reason == "label"; });
  const Reject& reject = shown == bad.first.end() ? bad.first.front() : *shown;
  Error error;
  error.code = Exit::data;
  error.where = reject.source;
  error.message = fmt::format(
      "{} ({}{} of {} {} bad, {} allowed)", reject.detail, bad.partial ? "at least " : "",
      human_count(static_cast<uint64_t>(bad.count)), plural(static_cast<uint64_t>(items), "item"),
      bad.count == 1 ? "is" : "are",
      label_missing ? "no missing label is" : std::to_string(allowed) + (allowed == 1 ? " is" : " are"));
  error.hint =
      "correct the data, or leave bad items out with --max-bad N or --max-bad P% "
      "(they are listed in rejects.jsonl)";
  for (const Reject& each : bad.first) {
    if (&each == &reject) continue;
    error.detail += fmt::format("{}  {}: {}", error.detail.empty() ? "" : "\n", each.source, each.detail);
  }
  return fail(std::move(error));
}

void warn_of_one_class(const Dataset& dataset, const IngestHost& host) {
  if (dataset.classes.size() != 1) return;
  host.warn(fmt::format("there is one class only, {}: a classifier needs two", dataset.classes[0]));
}

void warn_of_unseen_classes(const Dataset& dataset, const IngestHost& host) {
  const auto train = dataset.splits.find("train");
  if (train == dataset.splits.end()) return;
  for (size_t i = 0; i < dataset.classes.size(); ++i) {
    const auto& counts = train->second.class_counts;
    if (i < counts.size() && counts[i] > 0) continue;
    host.warn(fmt::format("class {} has no example in train: a model cannot learn it", dataset.classes[i]));
  }
}

Result<> check_samples(const DatasetWriter& writer, const IngestWork& work) {
  if (writer.samples(0) > 0) return {};
  return fail(
      Exit::data,
      fmt::format("no item fell into train, of {}", plural(static_cast<uint64_t>(writer.samples()), "item")),
      work.request.split.shards > 1 ? "use fewer shards"
                                    : "there are too few to split: use --split 1, or another --seed");
}

Result<> complete_lineage(const IngestWork& work, Dataset& dataset) {
  TRY(work.request.watch->settle());
  Json& inputs = dataset.lineage["inputs"];
  for (size_t k = 0; k < work.request.sources.size(); ++k) {
    RemoteText* const text = work.request.sources[k].remote;
    if (text != nullptr) inputs[k]["digest"] = TRY(text->sha256());
  }
  RemoteFiles* const remote = work.request.remote;
  if (remote == nullptr) return {};
  inputs[0]["digest"] = TRY(digest_of(
      remote->entries(), [&](size_t entry) { return remote->sha256(entry); }, work.host));
  return {};
}

Result<IngestOutcome> ingest(const IngestRequest& request, const IngestHost& host) {
  request.watch->stop_with(host.stop);
  IngestWork work{request, host, nullptr, TRY(lineage_of(request, host))};
  if (host.stop) return IngestOutcome{IngestState::stopped, false, {}, 0};
  if (request.dry_run) return run_kind(work);
  const std::string fingerprint =
      sha256_hex(dump_json(Json({{"format", kFormat}, {"lineage", work.lineage}})));
  OutputFolder output =
      TRY(OutputFolder::open(request.to, fingerprint, {request.overwrite, "dataset.json", request.upkeep}));
  if (output.state() == OutputState::up_to_date) {
    return IngestOutcome{IngestState::up_to_date, false, TRY(open_dataset(request.to)), 0};
  }
  if (output.state() == OutputState::resuming) host.note("resuming what an earlier run left");
  if (!output.damage().empty()) host.note("starting over: of what an earlier run left, " + output.damage());
  work.output = &output;
  Result<IngestOutcome> outcome = run_kind(work);
  // A full disk or a lost source leaves what can be resumed.
  const bool useless = outcome ? outcome->state == IngestState::stopped && !outcome->saved
                               : leaves_nothing(outcome.error().code);
  if (useless) {
    const Result<> removed = sys::remove_tree(output.work());
    if (!removed) host.warn(removed.error().message);
  }
  return outcome;
}

}  // namespace mlctl
