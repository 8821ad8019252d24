#include "cmd/show/dataset_text.h"

#include <algorithm>
#include <array>
#include <map>

#include <fmt/format.h>

#include "cmd/shell/output.h"
#include "core/base/strings.h"
#include "core/base/visible.h"
#include "core/data/cells.h"
#include "core/data/split_rule.h"

namespace mlctl {

namespace {

constexpr size_t kShownClasses = 20, kShownFeatures = 20;

std::string rounded(double value) {
  return fmt::format("{:.4g}", value);
}

uint64_t bytes_of(const Dataset& dataset) {
  uint64_t bytes = 0;
  for (const FileEntry& file : dataset.files) bytes += file.size;
  return bytes;
}

std::string splits_table(const Dataset& dataset) {
  Table table{{"SPLIT", "SAMPLES", "FILES"}, {}};
  for (const char* split : kSplitNames) {
    const auto found = dataset.splits.find(split);
    if (found == dataset.splits.end()) continue;
    table.rows.push_back({split, human_count(static_cast<uint64_t>(found->second.samples)),
                          std::to_string(found->second.files.size())});
  }
  return render(table, true);
}

std::string classes_table(const Dataset& dataset, bool wide) {
  Table table{{"CLASS"}, {}};
  std::vector<const Split*> splits;
  static constexpr std::array kHeads = {"TRAIN", "VALIDATION", "TEST"};
  for (size_t i = 0; i < kHeads.size(); ++i) {
    const auto found = dataset.splits.find(kSplitNames[i]);
    if (found == dataset.splits.end()) continue;
    table.header.emplace_back(kHeads[i]);
    splits.push_back(&found->second);
  }
  const size_t shown = wide ? dataset.classes.size() : std::min(kShownClasses, dataset.classes.size());
  for (size_t i = 0; i < shown; ++i) {
    std::vector<std::string> row = {dataset.classes[i]};
    for (const Split* split : splits) {
      row.push_back(
          i < split->class_counts.size() ? human_count(static_cast<uint64_t>(split->class_counts[i])) : "0");
    }
    table.rows.push_back(std::move(row));
  }
  std::string text = render(table, true);
  if (shown < dataset.classes.size())
    text += fmt::format("… and {} more (-o wide)\n", dataset.classes.size() - shown);
  return text;
}

std::vector<std::string> column_row(const Column& column, const FeatureStats* stats) {
  std::vector<std::string> row = {column.name, name(column.type), name(column.role), "", ""};
  if (stats == nullptr) return row;
  row[3] = human_count(static_cast<uint64_t>(stats->missing));
  if (!stats->categorical) {
    const auto text = [&](double value) {
      return column.type == ColumnType::date ? date_text(value).substr(0, 10) : rounded(value);
    };
    row[4] = fmt::format("{} … {}, mean {}", text(stats->min), text(stats->max), text(stats->mean));
    return row;
  }
  std::vector<std::string> values;
  for (size_t i = 0; i < std::min<size_t>(4, stats->values.size()); ++i)
    values.push_back(stats->values[i].first);
  row[4] = join(values, ", ") + (stats->values.size() > 4 ? ", …" : "");
  return row;
}

std::string columns_table(const Dataset& dataset, bool wide) {
  Table table{{"COLUMN", "TYPE", "ROLE", "MISSING", "VALUES IN TRAIN"}, {}};
  const size_t shown = wide ? dataset.columns.size() : std::min(kShownFeatures, dataset.columns.size());
  std::map<std::string_view, const FeatureStats*> statistics;
  for (const FeatureStats& stats : dataset.statistics) statistics.emplace(stats.name, &stats);
  for (size_t i = 0; i < shown; ++i) {
    const auto stats = statistics.find(dataset.columns[i].name);
    table.rows.push_back(column_row(dataset.columns[i], stats == statistics.end() ? nullptr : stats->second));
  }
  std::string text = render(table, true);
  if (shown < dataset.columns.size())
    text += fmt::format("… and {} more (-o wide)\n", dataset.columns.size() - shown);
  return text;
}

std::string features_table(const Dataset& dataset) {
  Table table{{"FEATURE", "MEAN", "STDDEV", "MIN", "MAX"}, {}};
  for (const FeatureStats& stats : dataset.statistics) {
    table.rows.push_back(
        {stats.name, rounded(stats.mean), rounded(stats.stddev), rounded(stats.min), rounded(stats.max)});
  }
  return render(table, true);
}

}  // namespace

std::string describe_plan(const Dataset& dataset, int64_t rejected, bool wide) {
  Table splits{{"SPLIT", "SAMPLES"}, {}};
  for (const char* split : kSplitNames) {
    const auto found = dataset.splits.find(split);
    if (found != dataset.splits.end())
      splits.rows.push_back({split, human_count(static_cast<uint64_t>(found->second.samples))});
  }
  std::string text = render(splits, true);
  const bool counted = !dataset.splits.empty() && !dataset.splits.begin()->second.class_counts.empty();
  if (counted) text += "\n" + classes_table(dataset, wide);
  if (!counted && !dataset.classes.empty())
    text += "\nClasses: " + visible(join(dataset.classes, ", ")) + "\n";
  if (dataset.kind == DatasetKind::table || dataset.kind == DatasetKind::ratings)
    text += "\n" + columns_table(dataset, wide);
  if (rejected > 0)
    text += fmt::format("Left out: {}\n", plural(static_cast<uint64_t>(rejected), "bad item"));
  return text;
}

std::string describe_dataset(const Dataset& dataset, bool wide) {
  std::string text =
      fmt::format("Kind: {}{}\nSize: {}\nDigest: {}\n\n", name(dataset.kind),
                  dataset.classes.empty() ? "" : fmt::format(", {} classes", dataset.classes.size()),
                  human_bytes(bytes_of(dataset)), dataset_digest(dataset).substr(0, 16));
  if (!dataset.splits.empty()) text += splits_table(dataset);
  if (!dataset.classes.empty()) text += "\n" + classes_table(dataset, wide);
  const bool rows = dataset.kind == DatasetKind::table || dataset.kind == DatasetKind::ratings;
  if (rows) text += "\n" + columns_table(dataset, wide);
  if (!rows && !dataset.statistics.empty()) text += "\n" + features_table(dataset);
  return text;
}

}  // namespace mlctl
