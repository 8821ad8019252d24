#include "core/clean/repair.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/data/cells.h"

namespace mlctl {

ColumnFit::ColumnFit(const Column& column, const CleanRules& rules) : column_(&column), rules_(&rules) {
  const bool feature = column.role == Role::feature;
  if (feature) rule_ = rules.missing_of(column.name);
  numeric_ = column.type != ColumnType::category && column.type != ColumnType::text;
  quantity_ = feature && (column.type == ColumnType::number || column.type == ColumnType::integer);
  max_values_ = fills_mode() ? kMaxValues : 2;  // two tell a constant column from others
}

bool ColumnFit::fills_mode() const {
  const bool middle = rule_.action == MissingAction::mean || rule_.action == MissingAction::median;
  const bool has_middle = quantity_ || column_->type == ColumnType::date;
  return rule_.action == MissingAction::mode || (middle && !has_middle);
}

bool ColumnFit::lacks_constant() const {
  return missing_ > 0 && !holds_constant(*column_, rule_);
}

void ColumnFit::add(std::string_view cell, bool sampled) {
  if (column_->role != Role::feature) return;
  if (is_missing(cell)) {
    ++missing_;
    return;
  }
  const auto found = values_.find(cell);
  if (found != values_.end()) {
    ++found->second;
  } else if (values_.size() < max_values_) {
    values_.emplace(cell, 1);
  }
  const std::optional<double> number = numeric_ ? cell_number(column_->type, cell) : std::nullopt;
  if (!number) return;
  moments_.add(*number);
  if (sampled) sample_.push_back(*number);
}

// Linear interpolation between the two nearest ranks, as NumPy's default.
double ColumnFit::quantile(double share) const {
  std::vector<double> sorted = sample_;
  std::sort(sorted.begin(), sorted.end());
  const double rank = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<size_t>(rank);
  const size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (rank - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

// Ties go to the smallest by bytes.
std::string ColumnFit::mode() const {
  const auto best = std::max_element(values_.begin(), values_.end(), [](const auto& a, const auto& b) {
    return a.second != b.second ? a.second < b.second : a.first > b.first;
  });
  return best == values_.end() ? std::string() : best->first;
}

std::string ColumnFit::number_text(double value) const {
  if (column_->type == ColumnType::date) return date_text(value);
  return column_->type == ColumnType::integer ? fmt::format("{:.0f}", std::round(value)) : shortest(value);
}

std::string ColumnFit::fill() const {
  if (rule_.action == MissingAction::constant) {
    return holds_constant(*column_, rule_) ? rule_.constant : std::string();
  }
  if (fills_mode()) return column_->type == ColumnType::text ? std::string() : mode();
  if (sample_.empty()) return {};
  if (rule_.action == MissingAction::mean) return number_text(moments_.mean);
  return rule_.action == MissingAction::median ? number_text(quantile(0.5)) : std::string();
}

void ColumnFit::find_bounds(ColumnRepair& repair) const {
  if (!quantity_ || sample_.empty() || rules_->outliers == OutlierMethod::none) return;
  double spread = moments_.stddev(), low = moments_.mean, high = moments_.mean;
  if (rules_->outliers == OutlierMethod::iqr) {
    low = quantile(0.25);
    high = quantile(0.75);
    spread = high - low;
  }
  if (spread <= 0) return;  // half the values are equal: nothing to measure distance by
  repair.low = low - rules_->outlier_threshold * spread;
  repair.high = high + rules_->outlier_threshold * spread;
}

ColumnRepair ColumnFit::repair() const {
  ColumnRepair repair;
  repair.missing = rule_.action;
  repair.fill = fill();
  find_bounds(repair);
  const bool gaps_stay = missing_ > 0 && (rule_.action == MissingAction::keep ||
                                          (rule_.action != MissingAction::drop && repair.fill.empty()));
  size_t distinct = values_.size();
  if (missing_ > 0 && !repair.fill.empty() && !values_.contains(repair.fill)) ++distinct;
  repair.constant = column_->role == Role::feature && distinct + (gaps_stay ? 1 : 0) <= 1;
  return repair;
}

RowVerdict repair_row(const std::vector<Column>& columns, const RepairPlan& plan,
                      std::vector<std::string>& fields, std::vector<int64_t>& filled) {
  for (size_t c = 0; c < columns.size(); ++c) {
    if (is_missing(fields[c])) {
      if (plan[c].missing == MissingAction::drop)
        return {Reason::missing_value, columns[c].name + " is missing"};
      continue;
    }
    if (std::isinf(plan[c].low)) continue;
    const std::optional<double> value = cell_number(columns[c].type, fields[c]);
    if (value && (*value < plan[c].low || *value > plan[c].high)) {
      return {Reason::outlier, fmt::format("{} is {}, outside {:.6g} to {:.6g}", columns[c].name, fields[c],
                                           plan[c].low, plan[c].high)};
    }
  }
  for (size_t c = 0; c < columns.size(); ++c) {
    if (plan[c].fill.empty() || !is_missing(fields[c])) continue;
    fields[c] = plan[c].fill;
    ++filled[c];
  }
  return {};
}

}  // namespace mlctl
