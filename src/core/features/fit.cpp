#include "core/features/fit.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <unordered_map>

#include <fmt/format.h>

#include "core/data/cells.h"
#include "core/data/samples.h"

namespace mlctl {

namespace {

constexpr double kSmallestStddev = 1e-6;
// Rarer values of a column with more than this many fall into "unknown".
constexpr size_t kMaxCategories = 10'000;

// Mean and variance in one pass (Welford).
struct Moments {
  int64_t count = 0;
  double mean = 0, squares = 0;
  void add(double value) {
    ++count;
    const double delta = value - mean;
    mean += delta / static_cast<double>(count);
    squares += delta * (value - mean);
  }
  double stddev() const {
    const double value = count > 0 ? std::sqrt(squares / static_cast<double>(count)) : 0;
    return value > kSmallestStddev ? value : 1;
  }
};

using Counts = std::unordered_map<std::string, int64_t>;

void count(Counts& counts, std::string_view value) {
  if (!value.empty()) ++counts[std::string(value)];
}

// The values by bytes; the most frequent ones when there are too many.
std::vector<std::string> ordered(const Counts& counts, size_t most) {
  std::vector<std::pair<int64_t, std::string>> all;
  for (const auto& [value, times] : counts) all.emplace_back(-times, value);
  std::sort(all.begin(), all.end());
  if (all.size() > most) all.resize(most);
  std::vector<std::string> values;
  for (auto& [times, value] : all) values.push_back(std::move(value));
  std::sort(values.begin(), values.end());
  return values;
}

ImagePreprocess fit_image(const Dataset& dataset, ImagePreprocess image) {
  const auto wanted = static_cast<size_t>(image.channels);
  const auto spread = [&](std::vector<double> values, double otherwise) {
    if (values.size() == wanted) return values;
    const double mean = values.empty() ? otherwise
                                       : std::accumulate(values.begin(), values.end(), 0.0) /
                                             static_cast<double>(values.size());
    return std::vector<double>(wanted, mean);
  };
  image.mean = spread(dataset.channel_mean, 0.5);
  image.stddev = spread(dataset.channel_std, 0.25);
  for (double& each : image.stddev) each = std::max(each, 1e-3);
  return image;
}

struct ColumnFit {
  size_t at = 0;
  InputColumn column;
  Moments moments;
  Counts counts;
};

std::vector<ColumnFit> input_columns(const Dataset& dataset) {
  std::vector<ColumnFit> columns;
  for (size_t i = 0; i < dataset.columns.size(); ++i) {
    const Column& column = dataset.columns[i];
    if (column.role != Role::feature || column.type == ColumnType::text) continue;
    columns.push_back({i, {column.name, column.type, 0, 1, {}, column.form}, {}, {}});
  }
  return columns;
}

Result<> add_cell(ColumnFit& fit, std::string_view cell, std::string_view key) {
  if (fit.column.type == ColumnType::category) {
    count(fit.counts, cell);
    return {};
  }
  const auto number = cell_number(fit.column.type, cell);
  if (!number) {
    return fail(Exit::data, fmt::format("column {}, row {}: \"{}\" is not of type {}", fit.column.name, key,
                                        cell, name(fit.column.type)));
  }
  if (!std::isnan(*number)) fit.moments.add(*number);
  return {};
}

// Nothing when the run was asked to stop.
Result<> check(const sys::StopFlag& stop) {
  if (stop) return fail(stop.code(), "stopped before anything was saved");
  return {};
}

Result<TablePreprocess> fit_table(Shards& shards, const Dataset& dataset, const std::string& split,
                                  const sys::StopFlag& stop) {
  std::vector<ColumnFit> columns = input_columns(dataset);
  if (columns.empty()) {
    return fail(Exit::data, "the table has no column to learn from",
                "ingest it with at least one numeric or category column besides the label");
  }
  const Column* label = dataset.column(Role::label);
  const bool regression = label != nullptr && !dataset.classification();
  const size_t label_at = label == nullptr ? 0 : static_cast<size_t>(label - dataset.columns.data());
  Moments target;
  const auto take = [&](const Sample& sample) -> Result<> {
    TRY(check(stop));
    for (ColumnFit& fit : columns) TRY(add_cell(fit, sample.fields[fit.at], sample.key));
    if (!regression) return {};
    const auto number = cell_number(label->type, sample.fields[label_at]);
    if (number && !std::isnan(*number)) target.add(*number);
    return {};
  };
  TRY(for_each_sample(shards, dataset, split, take));
  TablePreprocess table;
  for (ColumnFit& fit : columns) {
    fit.column.mean = fit.moments.mean;
    fit.column.stddev = fit.moments.stddev();
    fit.column.categories = ordered(fit.counts, kMaxCategories);
    table.columns.push_back(std::move(fit.column));
  }
  if (regression) {
    table.target_mean = target.mean;
    table.target_stddev = target.stddev();
    table.target_is_date = label->type == ColumnType::date;
  }
  return table;
}

Result<RatingsPreprocess> fit_ratings(Shards& shards, const Dataset& dataset, const std::string& split,
                                      const sys::StopFlag& stop) {
  size_t at[3] = {};
  const Role roles[3] = {Role::user, Role::item, Role::rating};
  for (size_t i = 0; i < 3; ++i) {
    const Column* column = dataset.column(roles[i]);
    if (column == nullptr) {
      return fail(Exit::data, fmt::format("the ratings have no column with the role {}", name(roles[i])));
    }
    at[i] = static_cast<size_t>(column - dataset.columns.data());
  }
  Counts users, items;
  Moments ratings;
  double low = std::numeric_limits<double>::infinity(), high = -low;
  const auto take = [&](const Sample& sample) -> Result<> {
    TRY(check(stop));
    const auto rating = cell_number(ColumnType::number, sample.fields[at[2]]);
    if (!rating || std::isnan(*rating)) {
      return fail(Exit::data,
                  fmt::format("row {}: the rating \"{}\" is not a number", sample.key, sample.fields[at[2]]));
    }
    count(users, sample.fields[at[0]]);
    count(items, sample.fields[at[1]]);
    ratings.add(*rating);
    low = std::min(low, *rating);
    high = std::max(high, *rating);
    return {};
  };
  TRY(for_each_sample(shards, dataset, split, take));
  constexpr size_t kAll = std::numeric_limits<size_t>::max();
  return RatingsPreprocess{ordered(users, kAll),        ordered(items, kAll),       ratings.mean, low, high,
                           dataset.columns[at[0]].name, dataset.columns[at[1]].name};
}

}  // namespace

Result<Preprocess> fit_preprocess(Shards& shards, const Dataset& dataset, const std::string& split,
                                  Preprocess wanted, const sys::StopFlag& stop) {
  switch (dataset.kind) {
    case DatasetKind::image:
      wanted.image = fit_image(dataset, wanted.image);
      break;
    case DatasetKind::text:
      if (!dataset.columns.empty()) wanted.text.column = dataset.columns[0].name;
      break;
    case DatasetKind::table:
      wanted.table = TRY(fit_table(shards, dataset, split, stop));
      break;
    case DatasetKind::ratings:
      wanted.ratings = TRY(fit_ratings(shards, dataset, split, stop));
      break;
  }
  return wanted;
}

}  // namespace mlctl
