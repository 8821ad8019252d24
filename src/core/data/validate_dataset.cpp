// What a dataset.json may say. After these checks, indices from one part of it into another are in range.

#include <algorithm>
#include <cmath>
#include <unordered_map>
#include <unordered_set>

#include <fmt/format.h>

#include "core/base/checked.h"
#include "core/base/claims.h"
#include "core/base/limits.h"
#include "core/data/dataset.h"
#include "core/data/split_rule.h"

namespace mlctl {

namespace {

Result<> finite(const std::string& key, const std::vector<double>& numbers) {
  for (size_t i = 0; i < numbers.size(); ++i) {
    if (!std::isfinite(numbers[i])) return wrong(fmt::format("{}[{}]", key, i), "not a finite number");
  }
  return {};
}

// Their sum; each is at least 0.
Result<int64_t> sum_of(const std::string& key, const std::vector<int64_t>& counts) {
  int64_t sum = 0;
  for (size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] < 0 || counts[i] > limits::kSamples)
      return wrong(fmt::format("{}[{}]", key, i), fmt::format("{} is no number of samples", counts[i]));
    sum += counts[i];  // kShards × kSamples overflows: stop before
    if (sum > limits::kSamples) return wrong(key, fmt::format("more than {} samples", limits::kSamples));
  }
  return sum;
}

Result<> same_length(const std::string& key, size_t length, size_t wanted, const char* of) {
  if (length == wanted) return {};
  return wrong(key, fmt::format("{} of them for {} {}", length, wanted, of));
}

using Listed = std::unordered_map<std::string_view, uint64_t>;  // the sizes of the files

Result<> check_split(const std::string& key, const Split& split, const Dataset& dataset,
                     const Listed& listed) {
  if (split.samples < 0 || split.samples > limits::kSamples)
    return wrong(key + ".samples", fmt::format("{} is no number of samples", split.samples));
  TRY(same_length(key + ".fileSamples", split.shard_samples.size(), split.files.size(), "files"));
  TRY(same_length(key + ".classCounts", split.class_counts.size(), dataset.classes.size(), "classes"));
  if (const int64_t sum = TRY(sum_of(key + ".fileSamples", split.shard_samples)); sum != split.samples)
    return wrong(key + ".samples", fmt::format("{}, its files hold {}", split.samples, sum));
  if (const int64_t sum = TRY(sum_of(key + ".classCounts", split.class_counts)); sum > split.samples)
    return wrong(key + ".classCounts", fmt::format("{} in all of {} samples", sum, split.samples));
  for (size_t i = 0; i < split.files.size(); ++i) {
    const auto found = listed.find(split.files[i].text());
    if (found == listed.end())
      return wrong(
          fmt::format("{}.files[{}]", key, i),
          fmt::format("\"{}\" is not among the dataset's files, which have a digest", split.files[i].text()));
    if (static_cast<uint64_t>(split.shard_samples[i]) > found->second)
      return wrong(fmt::format("{}.fileSamples[{}]", key, i),
                   fmt::format("{} samples in {} bytes", split.shard_samples[i], found->second));
  }
  return {};
}

// A shard belongs to one split, and only once: otherwise the same samples would be trained and evaluated
// on.
Result<> check_splits(const Dataset& dataset) {
  Listed listed;
  for (const FileEntry& file : dataset.files) listed.emplace(file.path.text(), file.size);
  std::unordered_set<std::string_view> used;
  for (const auto& [name, split] : dataset.splits) {
    const std::string key = "splits." + name;
    if (std::find(std::begin(kSplitNames), std::end(kSplitNames), name) == std::end(kSplitNames))
      return wrong(key, "the splits are train, validation and test");
    TRY(check_split(key, split, dataset, listed));
    for (size_t i = 0; i < split.files.size(); ++i) {
      if (!used.insert(split.files[i].text()).second)
        return wrong(fmt::format("{}.files[{}]", key, i),
                     fmt::format("\"{}\" belongs to a split already", split.files[i].text()));
    }
  }
  return {};
}

Result<> check_columns(const Dataset& dataset) {
  std::vector<std::string> names;
  for (const Column& column : dataset.columns) names.push_back(column.name);
  TRY(no_repeats("columns", names));
  for (size_t i = 0; i < dataset.columns.size(); ++i)
    TRY(no_repeats(fmt::format("columns[{}].categories", i), dataset.columns[i].categories));
  return {};
}

// How many columns of a role there are.
int64_t count_of(const Dataset& dataset, Role role) {
  return std::count_if(dataset.columns.begin(), dataset.columns.end(),
                       [&](const Column& column) { return column.role == role; });
}

Result<> at_most_one(const Dataset& dataset, Role role) {
  if (count_of(dataset, role) <= 1) return {};
  return wrong("columns", fmt::format("{} of them have the role {}", count_of(dataset, role), name(role)));
}

Result<> exactly_one(const Dataset& dataset, Role role, const std::string& what) {
  if (count_of(dataset, role) == 1) return {};
  return wrong("columns", fmt::format("{} needs one column with the role {}, there are {}", what, name(role),
                                      count_of(dataset, role)));
}

Result<> check_image(const Dataset& dataset) {
  const size_t channels = dataset.channel_mean.size();
  if (channels != 1 && channels != 3)
    return wrong("channelMean", fmt::format("{} channels, 1 or 3 are known", channels));
  TRY(same_length("channelStd", dataset.channel_std.size(), channels, "channels"));
  TRY(finite("channelMean", dataset.channel_mean));
  return finite("channelStd", dataset.channel_std);
}

Result<> check_kind(const Dataset& dataset) {
  const std::string what = fmt::format("a {} dataset", name(dataset.kind));
  switch (dataset.kind) {
    case DatasetKind::image:
      return check_image(dataset);
    case DatasetKind::text:
      if (dataset.columns.empty() || dataset.columns[0].type != ColumnType::text)
        return wrong("columns", "a text dataset begins with its text");
      return dataset.classification() ? exactly_one(dataset, Role::label, what + " with classes")
                                      : Result<>();
    case DatasetKind::ratings:
      for (const Role role : {Role::user, Role::item, Role::rating}) TRY(exactly_one(dataset, role, what));
      return {};
    case DatasetKind::table:
      break;
  }
  if (dataset.columns.empty()) return wrong("columns", "a table has columns");
  return dataset.classification() ? exactly_one(dataset, Role::label, what + " with classes")
                                  : at_most_one(dataset, Role::label);
}

Result<> check_feature(const std::string& key, const FeatureStats& feature) {
  if (feature.count < 0 || feature.missing < 0) return wrong(key, "a count below 0");
  TRY(finite(key, {feature.mean, feature.stddev, feature.min, feature.max}));
  if (feature.categorical) {
    for (const auto& [value, count] : feature.values)
      if (count < 0) return wrong(key + ".values", fmt::format("\"{}\" counts {}", value, count));
    return {};
  }
  if (feature.stddev < 0) return wrong(key + ".stddev", "below 0");
  if (feature.edges.size() > limits::kBins)
    return wrong(key + ".edges", fmt::format("{} of them, {} at most", feature.edges.size(), limits::kBins));
  TRY(finite(key + ".edges", feature.edges));
  for (size_t i = 1; i < feature.edges.size(); ++i)
    if (feature.edges[i] <= feature.edges[i - 1])
      return wrong(fmt::format("{}.edges[{}]", key, i), "not above the one before");
  TRY(same_length(key + ".bins", feature.bins.size(), feature.edges.size() + 1, "bins between the edges"));
  for (const int64_t count : feature.bins)
    if (count < 0 || count > limits::kSamples)
      return wrong(key + ".bins", fmt::format("{} is no count", count));
  return {};
}

}  // namespace

Result<> validate(const std::vector<FeatureStats>& statistics) {
  for (size_t i = 0; i < statistics.size(); ++i)
    TRY(check_feature(fmt::format("statistics[{}]", i), statistics[i]));
  return {};
}

Result<> validate(const Dataset& dataset) {
  if (dataset.classes.size() > limits::kClasses)
    return wrong("classes",
                 fmt::format("{} of them, {} at most are read", dataset.classes.size(), limits::kClasses));
  TRY(no_repeats("classes", dataset.classes));
  TRY(check_columns(dataset));
  TRY(check_kind(dataset));
  TRY(validate(dataset.statistics));
  TRY(validate(dataset.files));
  return check_splits(dataset);
}

}  // namespace mlctl
