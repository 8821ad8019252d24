#pragma once
// A dataset: an immutable folder of dataset.json + shards in an open format. This header is the format.
//
//   image    SPLIT-000000.tar    WebDataset: KEY.EXT (original bytes), KEY.cls (class index),
//                                KEY.json {label, source, sha256}
//   text     SPLIT-000000.jsonl  {"text": …, "label": …} a line
//   table    SPLIT-000000.csv    RFC 4180 with header, columns in schema order
//            SPLIT-000000.safetensors
//                                the typed cache: F64 [rows] per number, integer, date (Unix seconds) and
//                                boolean column (NaN = missing), I32 [rows] codes per category column (index
//                                into Column::categories, -1 = missing); no columns of type text
//   ratings  as table, with the roles user, item, rating (and timestamp)
//   all      rejects.jsonl       the items that were left out, {source, reason, detail} a line

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/base/inside_path.h"
#include "core/base/result.h"
#include "core/output/file_entry.h"

namespace mlctl {

enum class DatasetKind { image, text, table, ratings };
enum class ColumnType { number, integer, category, boolean, date, text };
// How raw rows write a column's dates or numbers, beside 2026-01-31 and 1234.5, which are always understood
// (1.234,5 has a decimal comma). A dataset holds the plain form.
enum class CellForm { plain, day_first, month_first, decimal_comma };
enum class Role { feature, label, user, item, rating, timestamp, ignored };

struct Column {
  std::string name;
  ColumnType type = ColumnType::number;
  Role role = Role::feature;
  CellForm form = CellForm::plain;
  // category: the distinct values of the whole data, sorted by bytes; the label's are Dataset::classes
  std::vector<std::string> categories;
};

// Statistics of one feature over the training split: for normalisation, reports and drift. Numeric features
// have equal-frequency `edges` (deciles of the training data, ascending, distinct) and counts of the
// edges.size() + 1 bins; categorical ones have `values` by falling count, at most 100, the rest under "" .
// Images contribute the features "brightness", "contrast", "width", "height"; texts "length" (tokens).
struct FeatureStats {
  std::string name;
  bool categorical = false;
  int64_t count = 0, missing = 0;
  double mean = 0, stddev = 0, min = 0, max = 0;
  std::vector<double> edges;
  std::vector<int64_t> bins;
  std::vector<std::pair<std::string, int64_t>> values;
};

struct Split {
  int64_t samples = 0;
  std::vector<InsidePath> files;       // the shards in order, without typed caches
  std::vector<int64_t> shard_samples;  // as long as files
  std::vector<int64_t> class_counts;   // as long as Dataset::classes
};

struct Dataset {
  DatasetKind kind = DatasetKind::image;
  std::vector<Column> columns;       // table, ratings; text: the columns text and label
  std::vector<std::string> classes;  // classification labels in index order; empty for regression and ratings
  std::vector<double> channel_mean, channel_std;  // image: per channel in [0, 1], 1 or 3 of them
  std::map<std::string, Split> splits;            // train, validation, test
  std::vector<FeatureStats> statistics;           // of train
  std::vector<FileEntry> files;                   // every file but dataset.json, sorted by path
  // {command, parameters, inputs: [{name, digest}], …}: no time, host or absolute path.
  nlohmann::ordered_json lineage;

  const Column* column(Role role) const;
  bool classification() const { return !classes.empty(); }
};

const char* name(DatasetKind kind);
const char* name(ColumnType type);
const char* name(Role role);
const char* name(CellForm form);              // yyyy-mm-dd, dd/mm/yyyy, mm/dd/yyyy, decimal-comma
CellForm cell_form(const std::string& text);  // plain where it is none of the names
Result<DatasetKind> dataset_kind(const std::string& text);
Result<ColumnType> column_type(const std::string& text);

nlohmann::ordered_json to_json(const Dataset& dataset);
// Decoded and checked as a whole (validate below): anything wrong → 10 with the key.
Result<Dataset> dataset_from_json(const nlohmann::ordered_json& document, const std::string& where);
// Checks what the types can't express: lengths and sums agree, every file that a split names is listed
// once, names are unique, numbers are finite. The message begins with the key: "splits.train.files[1]: …".
Result<> validate(const Dataset& dataset);
// The parts that model.json holds too (dataset_parts.cpp). The readers are used inside decode_json.
nlohmann::ordered_json to_json(const FeatureStats& feature);
Result<FeatureStats> feature_from_json(const Fields& fields);
Result<> validate(const std::vector<FeatureStats>& statistics);

// Reads FOLDER/dataset.json. A folder without one → 5 with what to do (mlctl ingest).
Result<Dataset> open_dataset(const std::filesystem::path& folder);
// Compares every listed file's size and SHA-256: absent or different → 10 naming the file.
Result<> verify_dataset(const std::filesystem::path& folder, const Dataset& dataset);
// The content's identity: SHA-256 over dataset.json without its lineage.
std::string dataset_digest(const Dataset& dataset);

// "DIR:SPLIT" names a split only where that split exists; else the whole text is a path.
struct DatasetRef {
  std::filesystem::path folder;
  std::string split;  // empty: the caller's default
};
DatasetRef parse_dataset_ref(const std::string& text);

}  // namespace mlctl
