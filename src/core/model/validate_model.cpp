// What a model.json may say. After these checks the network's shapes are sizes, every index that the
// preprocessing yields is inside the network's tables, and every output has its class.

#include <algorithm>
#include <cmath>
#include <tuple>

#include <fmt/format.h>

#include "core/base/claims.h"
#include "core/base/limits.h"
#include "core/engine/parameters.h"
#include "core/model/package.h"

namespace mlctl {

namespace {

Result<> between(const std::string& key, int64_t value, int64_t least, int64_t most) {
  if (value >= least && value <= most) return {};
  return wrong(key, fmt::format("{}, from {} to {} is understood", value, least, most));
}

Result<> finite(const std::string& key, double value) {
  return std::isfinite(value) ? Result<>() : wrong(key, "not a finite number");
}

// A number by which values are divided.
Result<> positive(const std::string& key, double value) {
  if (std::isfinite(value) && value > 0) return {};
  return wrong(key, fmt::format("{} is no finite number above 0", value));
}

Result<> check_image(const ImagePreprocess& image) {
  const std::string key = "preprocess.image.";
  TRY(between(key + "size[0]", image.height, 1, limits::kInputSide));
  TRY(between(key + "size[1]", image.width, 1, limits::kInputSide));
  if (image.channels != 1 && image.channels != 3)
    return wrong(key + "channels", fmt::format("{}, 1 (grey) or 3 (RGB) is understood", image.channels));
  const auto channels = static_cast<size_t>(image.channels);
  for (const auto& [name, values] : {std::pair("mean", &image.mean), std::pair("stddev", &image.stddev)})
    if (values->size() != channels)
      return wrong(key + name, fmt::format("{} of them for {} channels", values->size(), channels));
  for (const double value : image.mean) TRY(finite(key + "mean", value));
  for (const double value : image.stddev) TRY(positive(key + "stddev", value));
  return {};
}

Result<> check_text(const TextPreprocess& text) {
  const std::string key = "preprocess.text.";
  TRY(between(key + "buckets", text.buckets, 1, limits::kTokens));
  TRY(between(key + "ngrams", text.ngrams, 1, limits::kNgrams));
  return between(key + "maxTokens", text.max_tokens, 0, limits::kExtent);
}

Result<> check_table(const TablePreprocess& table) {
  std::vector<std::string> names;
  for (const InputColumn& column : table.columns) names.push_back(column.name);
  TRY(no_repeats("preprocess.table.columns", names));
  for (size_t i = 0; i < table.columns.size(); ++i) {
    const InputColumn& column = table.columns[i];
    const std::string key = fmt::format("preprocess.table.columns[{}].", i);
    if (column.type == ColumnType::text)
      return wrong(key + "type", "a text is no input of a table's network");
    TRY(no_repeats(key + "categories", column.categories));
    TRY(finite(key + "mean", column.mean));
    TRY(positive(key + "stddev", column.stddev));
  }
  TRY(finite("preprocess.table.targetMean", table.target_mean));
  return positive("preprocess.table.targetStddev", table.target_stddev);
}

Result<> check_ratings(const RatingsPreprocess& ratings) {
  const std::string key = "preprocess.ratings.";
  TRY(no_repeats(key + "users", ratings.users));
  TRY(no_repeats(key + "items", ratings.items));
  for (const double value : {ratings.mean, ratings.min, ratings.max})
    TRY(finite(key + "mean, min, max", value));
  if (ratings.min > ratings.max)
    return wrong(key + "min", fmt::format("{}, above the max of {}", ratings.min, ratings.max));
  return {};
}

Result<> check_preprocess(const Model& model) {
  switch (model.network.input.kind) {
    case InputKind::image:
      return check_image(model.preprocess.image);
    case InputKind::text:
      return check_text(model.preprocess.text);
    case InputKind::table:
      return check_table(model.preprocess.table);
    case InputKind::ratings:
      return check_ratings(model.preprocess.ratings);
  }
  return {};
}

std::string to_text(const InputSpec& input) {
  switch (input.kind) {
    case InputKind::image:
      return fmt::format("{}×{}×{}", input.channels, input.height, input.width);
    case InputKind::table:
      return fmt::format("{} numbers and {} categories", input.numeric, input.cardinalities.size());
    case InputKind::text:
      return fmt::format("a vocabulary of {}", input.vocabulary);
    case InputKind::ratings:
      return fmt::format("{} users and {} items", input.users, input.items);
  }
  return {};
}

auto as_tuple(const InputSpec& input) {
  return std::tie(input.kind, input.channels, input.height, input.width, input.numeric, input.cardinalities,
                  input.vocabulary, input.users, input.items);
}

// The network reads what the preprocessing yields.
Result<> check_input(const Model& model) {
  const InputSpec& input = model.network.input;
  const InputSpec given = input_of(model.preprocess, input.kind);
  if (as_tuple(input) == as_tuple(given)) return {};
  for (size_t i = 0; i < std::min(input.cardinalities.size(), given.cardinalities.size()); ++i) {
    if (input.cardinalities[i] != given.cardinalities[i])
      return wrong(fmt::format("network.input.cardinalities[{}]", i),
                   fmt::format("{}, the preprocessing yields {} codes", input.cardinalities[i],
                               given.cardinalities[i]));
  }
  return wrong("network.input",
               fmt::format("{}, the preprocessing yields {}", to_text(input), to_text(given)));
}

Result<> check_task(const Model& model) {
  const int64_t outputs = model.network.outputs;
  const bool ratings = model.network.input.kind == InputKind::ratings;
  if (ratings != (model.task == Task::recommendation))
    return wrong("task", fmt::format("{} of {} data", name(model.task), name(model.network.input.kind)));
  TRY(between("network.outputs", outputs, 1, static_cast<int64_t>(limits::kClasses)));
  if (model.task != Task::classification) {
    if (!model.classes.empty()) return wrong("classes", fmt::format("{} knows none", name(model.task)));
    return between("network.outputs", outputs, 1, 1);
  }
  if (std::ssize(model.classes) != outputs)
    return wrong("classes", fmt::format("{} of them for {} outputs", model.classes.size(), outputs));
  return no_repeats("classes", model.classes);
}

// The words of train's manifests say "model.layers": in model.json these are the network's.
Result<> check_network(const Network& network) {
  const Result<std::vector<Parameter>> table = parameters(network);
  return table ? finite("network.outputMean", network.output_mean) : wrong("network", table.error().message);
}

Result<> check_objects(const Model& model) {
  for (const auto& [key, value] :
       {std::pair("metrics", &model.metrics), std::pair("training", &model.training),
        std::pair("lineage", &model.lineage)})
    if (!value->is_object() && !value->is_null())
      return wrong(key, fmt::format("an object is expected, this is {}", value->type_name()));
  return {};
}

Result<> check_weights_listed(const Model& model) {
  const bool listed = std::any_of(model.files.begin(), model.files.end(), [](const FileEntry& file) {
    return file.path.text() == "weights.safetensors";
  });
  return listed ? Result<>() : wrong("files", "weights.safetensors is not listed with its digest");
}

}  // namespace

Result<> validate(const Model& model) {
  TRY(check_objects(model));
  TRY(check_preprocess(model));
  TRY(check_network(model.network));
  TRY(check_task(model));
  TRY(check_input(model));
  TRY(validate(model.statistics));
  TRY(validate(model.files));
  return check_weights_listed(model);
}

}  // namespace mlctl
