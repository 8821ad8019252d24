#include "core/ingest/row_encoder.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include <nlohmann/json.hpp>

#include "core/data/cells.h"
#include "core/data/stats.h"
#include "core/text/csv.h"
#include "core/text/json.h"

namespace mlctl {

namespace {

template <class T>
void append_raw(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

bool is_cached(ColumnType type) {
  return type != ColumnType::text;
}

}  // namespace

void ShardPart::append(const ShardPart& other) {
  lines += other.lines;
  rows += other.rows;
  class_counts.resize(std::max(class_counts.size(), other.class_counts.size()));
  for (size_t i = 0; i < other.class_counts.size(); ++i) class_counts[i] += other.class_counts[i];
  cells.resize(std::max(cells.size(), other.cells.size()));
  for (size_t i = 0; i < other.cells.size(); ++i) cells[i] += other.cells[i];
}

RowEncoder::RowEncoder(const TablePlan& plan, const Dataset& schema)
    : schema_(&schema), texts_(plan.kind == DatasetKind::text) {
  std::map<std::string_view, size_t> fields;
  for (size_t i = 0; i < plan.header.size(); ++i) fields.emplace(plan.header[i], i);
  std::map<std::string_view, int> statistics;  // of numbers
  for (size_t i = 0; i < schema.statistics.size(); ++i)
    if (!schema.statistics[i].categorical) statistics[schema.statistics[i].name] = static_cast<int>(i);
  for (const Column& column : schema.columns) {
    Target target;
    const auto field = fields.find(column.name);
    target.field = field == fields.end() ? 0 : field->second;
    target.column = &column;
    const bool text = static_cast<int>(target.field) == plan.text;
    const auto stats = statistics.find(text ? std::string_view("length") : column.name);
    if (stats != statistics.end()) target.stats = stats->second;
    for (const std::string& category : column.categories) {
      target.codes.emplace(category, static_cast<int32_t>(target.codes.size()));
    }
    if (column.role == Role::label && schema.classification()) label_ = static_cast<int>(targets_.size());
    targets_.push_back(std::move(target));
  }
}

Bins RowEncoder::empty_bins() const {
  Bins bins;
  for (const FeatureStats& stats : schema_->statistics) bins.emplace_back(stats.bins.size(), 0);
  return bins;
}

namespace {

std::string plain_cell(std::string_view cell, CellForm form) {
  if (form == CellForm::decimal_comma) return without_decimal_comma(cell).value_or(std::string(cell));
  const std::optional<double> date = parse_date(cell, form);
  return date ? date_text(*date) : std::string(cell);
}

}  // namespace

void RowEncoder::add_line(const std::vector<std::string_view>& fields, ShardPart& part) const {
  if (texts_) {
    const nlohmann::ordered_json line = {{"text", fields[targets_[0].field]},
                                         {"label", fields[targets_[1].field]}};
    part.lines += dump_json(line);
    part.lines += '\n';
    return;
  }
  const size_t begin = part.lines.size();
  for (const Target& target : targets_) {
    const std::string_view cell = fields[target.field];
    if (&target != targets_.data()) part.lines += ',';
    if (target.column->type == ColumnType::text ? cell.empty() : is_missing(cell)) continue;
    const CellForm form = target.column->form;
    if (form == CellForm::plain)
      append_csv_field(part.lines, cell);
    else
      append_csv_field(part.lines, plain_cell(cell, form));
  }
  if (part.lines.size() == begin) part.lines += "\"\"";  // must not read as a blank line
  part.lines += '\n';
}

void RowEncoder::add_cell(const Target& target, std::string_view cell, bool train, std::string& cells,
                          Bins& bins) const {
  if (target.column->type == ColumnType::category) {
    const auto code = target.codes.find(cell);
    append_raw(cells, is_missing(cell) || code == target.codes.end() ? int32_t{-1} : code->second);
    return;
  }
  const double value = cell_number(target.column->type, cell, target.column->form)
                           .value_or(std::numeric_limits<double>::quiet_NaN());
  append_raw(cells, value);
  if (!train || target.stats < 0 || std::isnan(value)) return;
  const auto stats = static_cast<size_t>(target.stats);
  ++bins[stats][bin_of(schema_->statistics[stats].edges, value)];
}

void RowEncoder::add(const std::vector<std::string_view>& fields, bool train, ShardPart& part,
                     Bins& bins) const {
  add_line(fields, part);
  ++part.rows;
  part.class_counts.resize(schema_->classes.size());
  part.cells.resize(targets_.size());
  if (label_ >= 0) {
    const Target& label = targets_[static_cast<size_t>(label_)];
    const auto code = label.codes.find(fields[label.field]);
    if (code != label.codes.end()) ++part.class_counts[static_cast<size_t>(code->second)];
  }
  if (texts_) {
    const FeatureStats& length = schema_->statistics[0];
    if (train) ++bins[0][bin_of(length.edges, static_cast<double>(text_length(fields[targets_[0].field])))];
    return;
  }
  for (size_t i = 0; i < targets_.size(); ++i) {
    if (is_cached(targets_[i].column->type))
      add_cell(targets_[i], fields[targets_[i].field], train, part.cells[i], bins);
  }
}

std::string RowEncoder::head() const {
  if (texts_) return {};
  std::vector<std::string> names;
  for (const Column& column : schema_->columns) names.push_back(column.name);
  return csv_line(names);
}

TensorMap RowEncoder::cache(const ShardPart& part) const {
  TensorMap tensors;
  for (size_t i = 0; i < targets_.size(); ++i) {
    const Column& column = *targets_[i].column;
    if (!is_cached(column.type)) continue;
    const DType type = column.type == ColumnType::category ? DType::i32 : DType::f64;
    tensors[column.name] = Tensor{type, {part.rows}, part.cells[i]};
  }
  return tensors;
}

void fill_bins(Dataset& dataset, const std::vector<nlohmann::ordered_json>& extras) {
  for (const nlohmann::ordered_json& extra : extras) {
    for (size_t i = 0; i < dataset.statistics.size(); ++i) {
      std::vector<int64_t>& bins = dataset.statistics[i].bins;
      for (size_t j = 0; j < bins.size(); ++j) bins[j] += extra.at(i).at(j).get<int64_t>();
    }
  }
}

}  // namespace mlctl
