#include "core/ingest/table_plan.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/data/cells.h"
#include "core/ingest/column_names.h"
#include "core/ingest/text_folder.h"
#include "core/text/json_fields.h"

namespace mlctl {

namespace {

constexpr double kSampleRows = 20'000;  // enough to place deciles within half a percent

// The column a flag names, or (wish empty) the one that a usual name tells, or -1.
Result<int> choose_column(const TablePlan& plan, const std::string& wish, const Names& usual) {
  if (wish.empty()) return find_column(plan.header, usual);
  const auto found = std::find(plan.header.begin(), plan.header.end(), wish);
  if (found != plan.header.end()) return static_cast<int>(found - plan.header.begin());
  const std::string near = did_you_mean(wish, plan.header);
  return fail(
      Exit::data, fmt::format("there is no column \"{}\"", wish),
      near.empty() ? "the columns are: " + join(plan.header, ", ") : fmt::format("did you mean {}?", near),
      plan.files.empty() ? "" : plan.files[0].name);
}

void set_role(TablePlan& plan, int column, Role role, std::optional<ColumnType> type = {}) {
  if (column >= 0) plan.wishes[static_cast<size_t>(column)] = {type, role};
}

Result<> assign_ratings(TablePlan& plan, const IngestRequest& request) {
  const bool headerless = !plan.files.empty() && plan.files[0].headerless;
  if (headerless && plan.header.size() >= 3 && plan.header.size() <= 4) {
    plan.header = {"user", "item", "rating", "timestamp"};
    plan.header.resize(plan.wishes.size());
  }
  const struct {
    Role role;
    const char* flag;
    const std::string& wish;
    const Names& usual;
    std::optional<ColumnType> type;
  } roles[] = {{Role::user, "--user", request.user, kUserNames, ColumnType::category},
               {Role::item, "--item", request.item, kItemNames, ColumnType::category},
               {Role::rating, "--rating", request.rating, kRatingNames, ColumnType::number}};
  for (ColumnWish& wish : plan.wishes) wish.role = Role::ignored;
  set_role(plan, find_column(plan.header, kTimeNames), Role::timestamp);
  for (const auto& each : roles) {
    const int column = TRY(choose_column(plan, each.wish, each.usual));
    if (column < 0) {
      return fail(Exit::data, fmt::format("no column is known to hold the {}", name(each.role)),
                  fmt::format("name it: {} COLUMN; the columns are: {}", each.flag, join(plan.header, ", ")),
                  plan.files[0].name);
    }
    set_role(plan, column, each.role, each.type);
  }
  return {};
}

Result<> assign_text(TablePlan& plan, const IngestRequest& request) {
  plan.text = TRY(choose_column(plan, request.text, kTextNames));
  plan.label = TRY(choose_column(plan, request.label, kLabelNames));
  if (plan.text < 0) {
    return fail(Exit::data, "no column is known to hold the text",
                "name it: --text column:NAME; the columns are: " + join(plan.header, ", "),
                plan.files[0].name);
  }
  if (plan.label < 0) {
    return fail(Exit::data, "no column is known to hold the label",
                "name it: --label column:NAME; the columns are: " + join(plan.header, ", "),
                plan.files[0].name);
  }
  for (ColumnWish& wish : plan.wishes) wish.role = Role::ignored;
  set_role(plan, plan.text, Role::feature, ColumnType::text);
  set_role(plan, plan.label, Role::label, ColumnType::category);
  return {};
}

Result<> assign_table(TablePlan& plan, const IngestRequest& request) {
  plan.label = TRY(choose_column(plan, request.label, kLabelNames));
  set_role(plan, plan.label, Role::label);
  for (const auto& [column, wish] : request.types) {
    ColumnWish& wanted = plan.wishes[static_cast<size_t>(TRY(choose_column(plan, column, {})))];
    wanted.type = wish.type;
    wanted.form = wish.form;
  }
  return {};
}

// The keys of all objects, in the order of their first appearance.
Result<> collect_keys(TablePlan& plan, const sys::StopFlag& stop) {
  std::set<std::string> seen(plan.header.begin(), plan.header.end());
  const std::unique_ptr<BlockSource> blocks = text_blocks(plan.files);
  while (auto block = TRY(blocks->next())) {
    if (stop) return {};
    for (const std::string& key : object_keys(block->bytes)) {
      if (seen.insert(key).second) plan.header.push_back(key);
    }
    if (plan.header.size() > limits::kColumns)
      return fail(Exit::data, fmt::format("the objects have more than {} keys", limits::kColumns), {},
                  plan.files[0].name);
  }
  return {};
}

// Collecting the keys reads everything, so the result is a unit of its own, which a resumed run uses.
Result<> collect_keys_once(TablePlan& plan, const IngestWork& work) {
  static constexpr const char* kUnit = "keys";
  if (work.output == nullptr) return collect_keys(plan, work.host.stop);
  const auto done = work.output->done().find(kUnit);
  if (done != work.output->done().end()) {
    return decode_json("journal", Exit::integrity, [&]() -> Result<> {
      plan.header = Fields(done->second).get<std::vector<std::string>>();
      return {};
    });
  }
  TRY(collect_keys(plan, work.host.stop));
  return work.host.stop ? Result<>() : work.output->commit(kUnit, plan.header);
}

bool is_text_file(const std::filesystem::path& path) {
  static const std::set<std::string> kExtensions = {".csv", ".tsv", ".jsonl", ".ndjson"};
  const std::filesystem::path name = to_lower(path.extension().string()) == ".gz" ? path.stem() : path;
  return kExtensions.contains(to_lower(name.extension().string()));
}

Result<> open_source(TablePlan& plan, const IngestSource& given, SourceWatch& watch) {
  const std::filesystem::path& source = given.path;
  std::vector<std::filesystem::path> paths = {source};
  if (given.remote == nullptr && sys::is_folder(source)) {
    paths.clear();
    for (const sys::Entry& entry : TRY(watch.list(source))) {
      if (is_text_file(entry.path)) paths.push_back(source / entry.path);
    }
    if (paths.empty()) {
      return fail(Exit::data, fmt::format("{} has no CSV, TSV or JSONL file", source.string()),
                  "name the file, or --kind where the folder holds pictures or .txt files");
    }
  }
  for (const std::filesystem::path& path : paths) {
    TextFile file =
        TRY(open_text_file(path, path.string(), given.remote == nullptr ? &watch : nullptr, given.remote));
    file.split = split_of_file_name(path.filename().string());
    plan.files.push_back(std::move(file));
  }
  return {};
}

// Sets the plan's header, which all CSV files must share.
Result<> agree_on_header(TablePlan& plan, const IngestWork& work) {
  const IngestHost& host = work.host;
  const TextFile& first = plan.files[0];
  plan.header = first.header;
  bool json = false;
  for (const TextFile& file : plan.files) {
    json = json || file.format == TextFormat::jsonl;
    if (file.format != first.format || (file.format == TextFormat::csv && file.header != first.header)) {
      return fail(Exit::data, fmt::format("{} has other columns than {}", file.name, first.name),
                  "files that are ingested together need the same header");
    }
    if (file.headerless)
      host.note(fmt::format("{} has no header: its columns are called column_1, column_2, …", file.name));
    if (!file.label_names.empty())
      host.note(
          fmt::format("{} is a scikit-learn table: its columns are called x1, x2, …, target", file.name));
  }
  if (json && plan.kind != DatasetKind::text) TRY(collect_keys_once(plan, work));
  return {};
}

void settle_split(TablePlan& plan, const IngestHost& host) {
  std::set<int> own;
  for (const TextFile& file : plan.files) own.insert(std::max(0, file.split));
  plan.split.source_is_split = own.size() > 1;
  plan.split.carve_validation = !own.contains(1);
  if (!plan.split.source_is_split) return;
  for (TextFile& file : plan.files) file.split = std::max(0, file.split);
  host.note("the source comes split: its files keep their parts");
}

// Rows are counted on the first block, so that the rate depends on nothing but the data.
Result<> choose_sample_rate(TablePlan& plan) {
  plan.bytes = 0;
  bool packed = false;
  for (const TextFile& file : plan.files) {
    std::error_code code;
    plan.bytes += file.remote != nullptr ? file.remote->size() : std::filesystem::file_size(file.path, code);
    packed = packed || to_lower(file.path.extension().string()) == ".gz";
  }
  const auto head = TRY(text_blocks(plan.files)->next());
  if (!head || head->bytes.empty()) return {};
  const auto lines = static_cast<double>(std::count(head->bytes.begin(), head->bytes.end(), '\n') + 1);
  const double total = static_cast<double>(plan.bytes) * (packed ? 4 : 1);
  plan.sample_rate = std::min(1.0, kSampleRows * static_cast<double>(head->bytes.size()) / (lines * total));
  if (packed) plan.bytes = 0;
  return {};
}

}  // namespace

Result<TablePlan> plan_table(const IngestWork& work) {
  TablePlan plan;
  plan.kind = work.request.kind;
  plan.split = work.request.split;
  const std::vector<IngestSource>& sources = work.request.sources;
  if (plan.kind == DatasetKind::text && sources[0].remote == nullptr &&
      is_text_folder(sources[0].path, *work.request.watch)) {
    return plan_text_folder(work, std::move(plan));
  }
  for (const IngestSource& source : sources) TRY(open_source(plan, source, *work.request.watch));
  TRY(agree_on_header(plan, work));
  plan.wishes.resize(plan.header.size());
  TRY(plan.kind == DatasetKind::ratings ? assign_ratings(plan, work.request)
      : plan.kind == DatasetKind::text  ? assign_text(plan, work.request)
                                        : assign_table(plan, work.request));
  settle_split(plan, work.host);
  TRY(choose_sample_rate(plan));
  return plan;
}

std::unique_ptr<BlockSource> open_blocks(const TablePlan& plan) {
  return plan.items.empty() ? text_blocks(plan.files) : folder_blocks(plan);
}

static std::string date_hint(CellForm form) {
  return form == CellForm::plain
             ? " as 2026-01-31 or 2026-01-31T12:30:00Z (--type COLUMN=dd/mm/yyyy or mm/dd/yyyy reads others)"
             : fmt::format(" as {}", name(form));
}

std::optional<RowProblem> row_problem(const TablePlan& plan, const std::vector<ColumnScan>& checks,
                                      const std::vector<std::string_view>& fields) {
  for (size_t i = 0; i < fields.size(); ++i) {
    const ColumnWish& wish = plan.wishes[i];
    const bool needed = wish.role == Role::label || wish.role == Role::user || wish.role == Role::item ||
                        wish.role == Role::rating || static_cast<int>(i) == plan.text;
    if (needed && is_missing(fields[i]) && !(static_cast<int>(i) == plan.text && !fields[i].empty())) {
      return RowProblem{wish.role == Role::label ? "label" : "missing",
                        fmt::format("{} {} is missing",
                                    wish.role == Role::label ? "the label" : "the value of", plan.header[i])};
    }
    if (!checks[i].fits(fields[i])) {
      return RowProblem{
          "type", fmt::format("{}: \"{}\" is not a {}{}", plan.header[i], fields[i].substr(0, 80),
                              name(*wish.type), wish.type == ColumnType::date ? date_hint(wish.form) : "")};
    }
  }
  return std::nullopt;
}

void canonical_ids(const TablePlan& plan, std::vector<std::string_view>& fields) {
  if (plan.kind != DatasetKind::ratings) return;
  for (size_t i = 0; i < fields.size(); ++i) {
    const Role role = plan.wishes[i].role;
    if (role == Role::user || role == Role::item) fields[i] = canonical_id(fields[i]);
  }
}

void canonical_row(const std::vector<std::string_view>& fields, std::string& out) {
  out.clear();
  for (const std::string_view field : fields) {
    out += field;
    out += '\x1f';
  }
}

}  // namespace mlctl
