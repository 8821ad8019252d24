#include "core/data/dataset.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "core/base/hash.h"
#include "core/base/strings.h"
#include "core/sys/fs.h"
#include "core/text/json_fields.h"

namespace mlctl {

using Json = nlohmann::ordered_json;

namespace {

constexpr std::array kKinds = {"image", "text", "table", "ratings"};
constexpr std::array kTypes = {"number", "integer", "category", "boolean", "date", "text"};
constexpr std::array kCellForms = {"yyyy-mm-dd", "dd/mm/yyyy", "mm/dd/yyyy", "decimal-comma"};
constexpr std::array kRoles = {"feature", "label", "user", "item", "rating", "timestamp", "ignored"};

template <class Enum, size_t N>
Result<Enum> from_name(const std::array<const char*, N>& names, const std::string& text, const char* what) {
  for (size_t i = 0; i < N; ++i) {
    if (text == names[i]) return static_cast<Enum>(i);
  }
  const std::vector<std::string> all(names.begin(), names.end());
  const std::string near = did_you_mean(text, all);
  return fail(Exit::usage, fmt::format("\"{}\" is not a {}", text, what),
              near.empty() ? "one of: " + join(all, ", ") : fmt::format("did you mean {}?", near));
}

Json column_json(const Column& column) {
  Json result = {{"name", column.name}, {"type", name(column.type)}, {"role", name(column.role)}};
  if (!column.categories.empty()) result["categories"] = column.categories;
  if (column.form != CellForm::plain) result["form"] = name(column.form);
  return result;
}

// A name from a document. An unknown one is not a usage error; it means that the document is not ours.
template <class Enum, size_t N>
Result<Enum> enum_field(const Fields& fields, const char* key, const std::array<const char*, N>& names,
                        const char* what) {
  Result<Enum> value = from_name<Enum>(names, fields.get<std::string>(key), what);
  if (value) return value;
  value.error().code = Exit::integrity;
  return fail(fields.wrong(key, std::move(value.error())));
}

Result<Column> column_from_json(const Fields& fields) {
  Column column;
  column.name = fields.get<std::string>("name");
  column.type = TRY(enum_field<ColumnType>(fields, "type", kTypes, "column type"));
  column.role = TRY(enum_field<Role>(fields, "role", kRoles, "role"));
  column.categories = fields.get_or("categories", std::vector<std::string>{});
  column.form = cell_form(fields.get_or("form", std::string()));
  return column;
}

Json split_json(const Split& split) {
  Json files = Json::array();
  for (const InsidePath& file : split.files) files.push_back(file.text());
  return {{"samples", split.samples},
          {"classCounts", split.class_counts},
          {"files", std::move(files)},
          {"fileSamples", split.shard_samples}};
}

Result<InsidePath> path_field(const std::string& text, const Fields& fields) {
  Result<InsidePath> path = InsidePath::parse(text);
  return path ? path : fail(fields.wrong(nullptr, std::move(path.error())));
}

Result<Split> split_from_json(const Fields& fields) {
  Split split;
  split.samples = fields.get<int64_t>("samples");
  split.files = TRY(fields.each("files", limits::kShards, [](const Fields& file) {
    return path_field(file.get<std::string>(), file);
  }));
  split.shard_samples = fields.get<std::vector<int64_t>>("fileSamples");
  split.class_counts = fields.get<std::vector<int64_t>>("classCounts");
  return split;
}

Result<Dataset> decode(const Json& document) {
  const Fields fields(document);
  if (fields.get<std::string>("kind") != "Dataset") return fail(Exit::integrity, "this is not a dataset");
  Dataset dataset;
  dataset.kind = TRY(enum_field<DatasetKind>(fields, "type", kKinds, "kind of dataset"));
  dataset.columns = TRY(fields.each("columns", limits::kColumns, column_from_json));
  dataset.classes = fields.get<std::vector<std::string>>("classes");
  dataset.channel_mean = fields.get_or("channelMean", std::vector<double>{});
  dataset.channel_std = fields.get_or("channelStd", std::vector<double>{});
  const auto take_split = [&](const std::string& name, const Fields& split) -> Result<> {
    dataset.splits.emplace(name, TRY(split_from_json(split)));
    return {};
  };
  TRY(fields.each_member("splits", limits::kSplits, take_split));
  dataset.statistics = TRY(fields.each("statistics", limits::kColumns, feature_from_json));
  dataset.files = TRY(fields.each("files", limits::kShards, file_from_json));
  dataset.lineage = fields.get<Json>("lineage");
  return dataset;
}

}  // namespace

const Column* Dataset::column(Role role) const {
  const auto found =
      std::find_if(columns.begin(), columns.end(), [&](const Column& c) { return c.role == role; });
  return found == columns.end() ? nullptr : &*found;
}

const char* name(DatasetKind kind) {
  return kKinds[static_cast<size_t>(kind)];
}
const char* name(ColumnType type) {
  return kTypes[static_cast<size_t>(type)];
}
const char* name(Role role) {
  return kRoles[static_cast<size_t>(role)];
}
const char* name(CellForm form) {
  return kCellForms[static_cast<size_t>(form)];
}
CellForm cell_form(const std::string& text) {
  const auto found = std::find(kCellForms.begin(), kCellForms.end(), text);
  return found == kCellForms.end() ? CellForm::plain : static_cast<CellForm>(found - kCellForms.begin());
}
Result<DatasetKind> dataset_kind(const std::string& text) {
  return from_name<DatasetKind>(kKinds, text, "kind of dataset");
}
Result<ColumnType> column_type(const std::string& text) {
  return from_name<ColumnType>(kTypes, text, "column type");
}

Json to_json(const Dataset& dataset) {
  Json result = {{"apiVersion", "mlctl.dev/v1"}, {"kind", "Dataset"}, {"type", name(dataset.kind)}};
  result["columns"] = Json::array();
  for (const Column& column : dataset.columns) result["columns"].push_back(column_json(column));
  result["classes"] = dataset.classes;
  if (dataset.kind == DatasetKind::image) {
    result["channelMean"] = dataset.channel_mean;
    result["channelStd"] = dataset.channel_std;
  }
  result["splits"] = Json::object();
  for (const char* split : {"train", "validation", "test"}) {
    const auto found = dataset.splits.find(split);
    if (found != dataset.splits.end()) result["splits"][split] = split_json(found->second);
  }
  result["statistics"] = Json::array();
  for (const FeatureStats& stats : dataset.statistics) result["statistics"].push_back(to_json(stats));
  result["files"] = Json::array();
  for (const FileEntry& file : dataset.files) result["files"].push_back(to_json(file));
  result["lineage"] = dataset.lineage;
  return result;
}

Result<Dataset> dataset_from_json(const Json& document, const std::string& where) {
  Result<Dataset> dataset = decode_json(where, Exit::integrity, [&] { return decode(document); });
  const Result<> valid = dataset ? validate(*dataset) : fail(std::move(dataset.error()));
  if (valid) return dataset;
  Error error = valid.error();
  error.where = where;
  if (error.hint.empty()) error.hint = "the file is torn or was edited: make it again, or restore it";
  return fail(std::move(error));
}

Result<Dataset> open_dataset(const std::filesystem::path& folder) {
  const std::filesystem::path file = folder / "dataset.json";
  if (!sys::exists(folder)) {
    return fail(Exit::not_found, fmt::format("dataset {} does not exist", folder.string()),
                "check the path; mlctl get datasets lists the datasets here");
  }
  if (!sys::exists(file)) {
    return fail(Exit::not_found, fmt::format("{} is not a dataset: it has no dataset.json", folder.string()),
                fmt::format("mlctl ingest {} --to DATASET makes one of it", folder.string()));
  }
  const std::string text = TRY(sys::read_file(file));
  return dataset_from_json(TRY(parse_json(text, file.string())), file.string());
}

std::string dataset_digest(const Dataset& dataset) {
  Json document = to_json(dataset);
  document.erase("lineage");
  return sha256_hex(dump_json(document));
}

DatasetRef parse_dataset_ref(const std::string& text) {
  const size_t colon = text.rfind(':');
  if (colon != std::string::npos && colon > 0) {
    const std::string folder = text.substr(0, colon), split = text.substr(colon + 1);
    const Result<Dataset> dataset = open_dataset(folder);
    if (dataset && dataset->splits.contains(split)) return {folder, split};
  }
  return {text, {}};
}

}  // namespace mlctl
