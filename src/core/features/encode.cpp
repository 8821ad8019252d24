#include "core/features/encode.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/data/cells.h"
#include "core/features/pixels.h"
#include "core/features/tokens.h"

namespace mlctl {

namespace {

using Codes = std::unordered_map<std::string_view, int32_t>;  // views into the model

Codes number_from(const std::vector<std::string>& values, int32_t first) {
  Codes codes;
  codes.reserve(values.size());
  for (const std::string& value : values) codes.emplace(value, first++);
  return codes;
}

int32_t code_of(const Codes& codes, std::string_view value) {
  const auto found = codes.find(value);
  return found == codes.end() ? 0 : found->second;
}

size_t position_of(const Dataset& dataset, const std::string& column) {
  const auto found = std::find_if(dataset.columns.begin(), dataset.columns.end(),
                                  [&](const Column& each) { return each.name == column; });
  return static_cast<size_t>(found - dataset.columns.begin());
}

size_t position_of(const Dataset& dataset, Role role) {
  const auto found = std::find_if(dataset.columns.begin(), dataset.columns.end(),
                                  [&](const Column& each) { return each.role == role; });
  return static_cast<size_t>(found - dataset.columns.begin());
}

// The model's columns out of a dataset's row. Both are in the order of the schema nearly always: look on from
// the last match before searching.
std::vector<std::string_view> select(const TablePreprocess& table, const Dataset& dataset,
                                     const std::vector<std::string_view>& fields) {
  std::vector<std::string_view> values;
  values.reserve(table.columns.size());
  size_t at = 0;
  for (const InputColumn& column : table.columns) {
    while (at < fields.size() && dataset.columns[at].name != column.name) ++at;
    if (at == fields.size()) at = position_of(dataset, column.name);
    values.push_back(at < fields.size() ? fields[at] : std::string_view{});
    at = at < fields.size() ? at + 1 : 0;
  }
  return values;
}

auto bad_cell(const std::string& column, std::string_view cell, ColumnType type) {
  const char* wanted = type == ColumnType::date      ? "a date, as 2026-01-31 or 2026-01-31T12:30:00Z"
                       : type == ColumnType::boolean ? "true or false"
                                                     : "a number";
  return fail(Exit::data, fmt::format("column {}: \"{}\" is not {}", column, cell, wanted));
}

}  // namespace

struct Encoder::Index {
  std::vector<PixelScale> scale;  // image: one
  std::vector<Codes> categories;  // table: one per column, empty for numbers
  Codes users, items, classes;
};

Encoder::Encoder(const Model& model) : model_(&model) {
  auto index = std::make_shared<Index>();
  const Preprocess& preprocess = model.preprocess;
  if (model.network.input.kind == InputKind::image) index->scale.emplace_back(preprocess.image);
  for (const InputColumn& column : preprocess.table.columns) {
    index->categories.push_back(number_from(column.categories, 1));
  }
  index->users = number_from(preprocess.ratings.users, 1);
  index->items = number_from(preprocess.ratings.items, 1);
  index->classes = number_from(model.classes, 0);
  index_ = std::move(index);
}

Result<Pixels> model_pixels(const ImagePreprocess& image, std::string_view encoded) {
  Pixels pixels = TRY(decode_image(encoded, static_cast<int>(image.channels)));
  if (pixels.width == image.width && pixels.height == image.height) return pixels;
  return resize(pixels, image.width, image.height);
}

Result<> Encoder::add_image(std::string_view encoded, Encoded& out) const {
  return add_pixels(TRY(model_pixels(model_->preprocess.image, encoded)), out);
}

Result<> Encoder::add_pixels(const Pixels& pixels, Encoded& out) const {
  const ImagePreprocess& image = model_->preprocess.image;
  if (pixels.channels != image.channels) {
    return fail(Exit::data,
                fmt::format("the image has {}, the model takes {}",
                            plural(static_cast<uint64_t>(pixels.channels), "channel"), image.channels));
  }
  const bool fits = pixels.width == image.width && pixels.height == image.height;
  const Pixels resized = fits ? Pixels{} : resize(pixels, image.width, image.height);
  const std::vector<uint8_t>& data = fits ? pixels.data : resized.data;
  const size_t before = out.features.size();
  out.features.resize(before + data.size());
  index_->scale.front().apply(data, std::span(out.features).subspan(before));
  ++out.size;
  return {};
}

Result<> Encoder::add_text(std::string_view text, Encoded& out) const {
  if (out.offsets.empty()) out.offsets.push_back(0);
  append_tokens(model_->preprocess.text, text, out.tokens);
  out.offsets.push_back(static_cast<int64_t>(out.tokens.size()));
  ++out.size;
  return {};
}

Result<> Encoder::add_row(const std::vector<std::string_view>& values, Encoded& out) const {
  const std::vector<InputColumn>& columns = model_->preprocess.table.columns;
  if (values.size() != columns.size()) {
    return fail(Exit::data, fmt::format("the row has {}, the model takes {}", plural(values.size(), "value"),
                                        columns.size()));
  }
  const size_t features = out.features.size(), codes = out.codes.size();
  for (size_t i = 0; i < columns.size(); ++i) {
    const InputColumn& column = columns[i];
    if (column.type == ColumnType::category) {
      out.codes.push_back(code_of(index_->categories[i], values[i]));
      continue;
    }
    const auto number = cell_number(column.type, values[i], column.form);
    if (!number) {
      out.features.resize(features);  // half a row must not stay
      out.codes.resize(codes);
      return bad_cell(column.name, values[i], column.type);
    }
    out.features.push_back(std::isnan(*number) ? 0.0F
                                               : static_cast<float>((*number - column.mean) / column.stddev));
  }
  ++out.size;
  return {};
}

Result<> Encoder::add_rating(std::string_view user, std::string_view item, Encoded& out) const {
  out.codes.push_back(code_of(index_->users, canonical_id(user)));
  out.codes.push_back(code_of(index_->items, canonical_id(item)));
  ++out.size;
  return {};
}

namespace {

Result<double> number_label(const Sample& sample, const Dataset& dataset, Role role) {
  const size_t at = position_of(dataset, role);
  if (at >= sample.fields.size()) {
    return fail(Exit::data, fmt::format("the dataset has no column with the role {}", name(role)));
  }
  const Column& column = dataset.columns[at];
  const ColumnType type = role == Role::rating ? ColumnType::number : column.type;
  const auto number = cell_number(type, sample.fields[at]);
  if (!number || std::isnan(*number)) return bad_cell(column.name, sample.fields[at], type);
  return *number;
}

Result<std::string_view> class_label(const Sample& sample, const Dataset& dataset) {
  if (dataset.kind == DatasetKind::table) {
    const size_t at = position_of(dataset, Role::label);
    if (at < sample.fields.size()) return sample.fields[at];
  } else if (sample.label >= 0 && static_cast<size_t>(sample.label) < dataset.classes.size()) {
    return dataset.classes[static_cast<size_t>(sample.label)];
  }
  return fail(Exit::data, fmt::format("sample {} has no label", sample.key),
              "ingest the data with its labels: --label dir, filename or column:NAME");
}

}  // namespace

Result<> Encoder::add_label(const Sample& sample, const Dataset& dataset, Encoded& out) const {
  if (model_->task == Task::recommendation) {
    out.targets.push_back(static_cast<float>(TRY(number_label(sample, dataset, Role::rating))));
    return {};
  }
  if (model_->task == Task::regression) {
    const TablePreprocess& table = model_->preprocess.table;
    const double value = TRY(number_label(sample, dataset, Role::label));
    out.targets.push_back(static_cast<float>((value - table.target_mean) / table.target_stddev));
    return {};
  }
  const std::string_view text = TRY(class_label(sample, dataset));
  const auto found = index_->classes.find(text);
  if (found == index_->classes.end()) {
    return fail(Exit::data,
                fmt::format("sample {}: the model does not know the class \"{}\"", sample.key, text));
  }
  out.labels.push_back(found->second);
  return {};
}

Result<> Encoder::add_sample(const Sample& sample, const Dataset& dataset, Encoded& out) const {
  switch (model_->network.input.kind) {
    case InputKind::image:
      TRY(add_image(sample.image, out));
      break;
    case InputKind::text:
      TRY(add_text(sample.text, out));
      break;
    case InputKind::table:
      TRY(add_row(select(model_->preprocess.table, dataset, sample.fields), out));
      break;
    case InputKind::ratings:
      TRY(add_rating(sample.fields[position_of(dataset, Role::user)],
                     sample.fields[position_of(dataset, Role::item)], out));
      break;
  }
  return add_label(sample, dataset, out);
}

std::vector<double> probabilities(std::span<const float> logits) {
  std::vector<double> out(logits.begin(), logits.end());
  const double top = logits.empty() ? 0 : *std::max_element(out.begin(), out.end());
  double sum = 0;
  for (double& each : out) sum += each = std::exp(each - top);
  for (double& each : out) each /= sum;
  return out;
}

double value_of(const Model& model, float output) {
  const Preprocess& preprocess = model.preprocess;
  if (model.task == Task::recommendation) {
    return std::clamp(static_cast<double>(output), preprocess.ratings.min, preprocess.ratings.max);
  }
  return static_cast<double>(output) * preprocess.table.target_stddev + preprocess.table.target_mean;
}

}  // namespace mlctl
