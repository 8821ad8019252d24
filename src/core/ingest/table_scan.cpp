#include "core/ingest/table_scan.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/base/strings.h"
#include "core/data/cells.h"

namespace mlctl {

namespace {

constexpr size_t kMaxInferred = 1000;      // more distinct texts are free text, not categories
constexpr size_t kMaxWished = 20'000'000;  // users, items and columns the user calls categories
constexpr size_t kFewCategories = 50;      // always categories, however few the rows
constexpr size_t kMaxListed = 100;         // values in FeatureStats
constexpr double kExactInteger = 9007199254740992.0;

// Quick refusal: most cells of a text column do not even begin like a number.
bool may_be_number(char c) {
  return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.';
}

bool is_word_boolean(std::string_view cell) {
  return !(cell[0] >= '0' && cell[0] <= '9') && cell.size() <= 5 && parse_boolean(cell).has_value();
}

}  // namespace

ColumnScan::ColumnScan(const ColumnWish& wish) : wish_(wish.type), wished_form_(wish.form) {
  const bool keep_all =
      wish.role == Role::user || wish.role == Role::item || wish.type == ColumnType::category;
  max_distinct_ = wish.role == Role::ignored ? 0 : keep_all ? kMaxWished : kMaxInferred;
}

bool ColumnScan::fits(std::string_view cell) const {
  if (!wish_ || *wish_ == ColumnType::category || *wish_ == ColumnType::text || is_missing(cell)) return true;
  const std::optional<double> value = cell_number(*wish_, cell, wished_form_);
  return value && (*wish_ != ColumnType::integer || *value == std::floor(*value));
}

// The number the cell stands for, while narrowing down what the column can be.
std::optional<double> ColumnScan::read(std::string_view cell) {
  month_first_value_.reset();
  if (wish_) return cell_number(*wish_, cell, wished_form_);
  std::optional<double> value;
  if (number_) {
    if (may_be_number(cell[0])) value = cell_number(ColumnType::number, cell);
    number_ = value.has_value();
    if (value) {
      comma_ = comma_ && cell.find('.') == std::string_view::npos;  // 1.234 would part thousands
      integer_ = integer_ && *value == std::floor(*value) && std::abs(*value) <= kExactInteger &&
                 cell.find_first_of(".eE") == std::string_view::npos;
      date_ = {};
      boolean_ = false;
    }
  }
  if (!value && comma_) {
    value = read_comma(cell);
    if (value) boolean_ = false;
  }
  if (!value && (date_[1] || date_[2])) {
    value = read_date(cell);
    if (value) boolean_ = false;
  }
  if (!value && boolean_) {
    boolean_ = is_word_boolean(cell);
    if (boolean_) value = *parse_boolean(cell) ? 1.0 : 0.0;
  }
  return value;
}

// A comma before three digits may also part thousands: some other cell must show what it does.
std::optional<double> ColumnScan::read_comma(std::string_view cell) {
  const std::optional<std::string> plain = without_decimal_comma(cell);
  std::optional<double> value;
  if (plain || cell.find('.') == std::string_view::npos)
    value = cell_number(ColumnType::number, cell, CellForm::decimal_comma);
  comma_ = value.has_value();
  if (!plain) return value;
  const bool thousand = plain->size() - plain->find('.') == 4 && cell.find('.') == std::string_view::npos;
  comma_seen_ = comma_seen_ || !thousand;
  date_ = {};
  return value;
}

// An ISO date reads the same in every order. The value is that of the day first where it may be.
std::optional<double> ColumnScan::read_date(std::string_view cell) {
  std::array<std::optional<double>, 3> values;
  const std::optional<double> iso = may_be_number(cell[0]) ? parse_date(cell) : std::nullopt;
  for (size_t order = 0; order < values.size() && may_be_number(cell[0]); ++order) {
    if (date_[order]) values[order] = iso ? iso : parse_date(cell, static_cast<CellForm>(order));
  }
  for (size_t order = 0; order < values.size(); ++order) date_[order] = values[order].has_value();
  month_first_value_ = values[2];
  return values[1] ? values[1] : values[2];
}

CellForm ColumnScan::form() const {
  if (wish_) return wished_form_;
  if (number_) return CellForm::plain;
  if (comma_ && comma_seen_) return CellForm::decimal_comma;
  return date_[0] ? CellForm::plain : date_[1] ? CellForm::day_first : CellForm::month_first;
}

bool ColumnScan::ambiguous_dates() const {
  return !wish_ && present_ > 0 && !number_ && !date_[0] && date_[1] && date_[2];
}

const ColumnScan::Numbers& ColumnScan::numbers() const {
  const bool month_first = !wish_ && !number_ && !date_[1] && date_[2];
  return month_first ? month_first_ : numbers_;
}

void ColumnScan::Numbers::add(double value, bool sampled) {
  moments.add(value);
  if (sampled) sample.push_back(value);
}

void ColumnScan::Numbers::merge(Numbers&& other) {
  moments.merge(other.moments);
  sample.insert(sample.end(), other.sample.begin(), other.sample.end());
}

void ColumnScan::follow_sequence(double value) {
  if (present_ == 1) first_ = value;
  sequential_ = sequential_ && (present_ == 1 || value == last_ + 1);
  last_ = value;
}

void ColumnScan::give_up_values() {
  many_ = true;
  distinct_ = {};
}

void ColumnScan::count_value(std::string_view cell, bool train) {
  if (many_) return;
  auto found = distinct_.find(cell);
  if (found == distinct_.end()) {
    if (distinct_.size() >= max_distinct_) return give_up_values();
    found = distinct_.emplace(cell, Counts{}).first;
  }
  ++found->second.all;
  found->second.train += train;
}

void ColumnScan::add(std::string_view cell, bool train, bool sampled) {
  if (is_missing(cell)) {
    ++missing_;
    train_missing_ += train;
    sequential_ = false;
    return;
  }
  ++present_;
  train_ += train;
  const std::optional<double> value = read(cell);
  if (value) {
    if (train) numbers_.add(*value, sampled);
    if (train && month_first_value_) month_first_.add(*month_first_value_, sampled);
    follow_sequence(*value);
  } else {
    sequential_ = false;
  }
  count_value(cell, train);
}

void ColumnScan::add_measure(double value, bool train, bool sampled) {
  ++present_;
  train_ += train;
  if (train) numbers_.add(value, sampled);
}

void ColumnScan::merge(ColumnScan&& other) {
  if (other.present_ > 0) {
    sequential_ = sequential_ && other.sequential_ && (present_ == 0 || other.first_ == last_ + 1);
    if (present_ == 0) first_ = other.first_;
    last_ = other.last_;
  }
  // A column all of dates in one part and all of numbers in another is neither.
  number_ = number_ && other.number_;
  comma_ = comma_ && other.comma_;
  comma_seen_ = comma_seen_ || other.comma_seen_;
  integer_ = integer_ && other.integer_;
  for (size_t order = 0; order < date_.size(); ++order) date_[order] = date_[order] && other.date_[order];
  boolean_ = boolean_ && other.boolean_;
  present_ += other.present_;
  missing_ += other.missing_;
  train_ += other.train_;
  train_missing_ += other.train_missing_;
  numbers_.merge(std::move(other.numbers_));
  month_first_.merge(std::move(other.month_first_));
  if (other.many_) many_ = true;
  for (auto& [value, counts] : other.distinct_) {
    if (many_) break;
    Counts& mine = distinct_[value];
    mine.all += counts.all;
    mine.train += counts.train;
    many_ = distinct_.size() > max_distinct_;
  }
  if (many_) give_up_values();
}

Column ColumnScan::column(const std::string& name, int64_t rows) const {
  Column column;
  column.name = name;
  const bool date = (date_[1] || date_[2]) && !ambiguous_dates();
  const bool comma = comma_ && comma_seen_;
  const bool few =
      !many_ && (distinct_.size() <= kFewCategories || static_cast<int64_t>(distinct_.size()) * 2 <= rows);
  column.type = wish_           ? *wish_
                : present_ == 0 ? ColumnType::text
                : number_       ? (integer_ ? ColumnType::integer : ColumnType::number)
                : comma         ? ColumnType::number
                : date          ? ColumnType::date
                : boolean_      ? ColumnType::boolean
                : few           ? ColumnType::category
                                : ColumnType::text;
  if (column.type == ColumnType::date || column.type == ColumnType::number) column.form = form();
  if (column.type == ColumnType::category) {
    column.categories = values();
    std::sort(column.categories.begin(), column.categories.end());
  }
  return column;
}

std::vector<std::string> ColumnScan::values() const {
  std::vector<std::string> values;
  values.reserve(distinct_.size());
  for (const auto& [value, counts] : distinct_) values.push_back(value);
  return values;
}

FeatureStats ColumnScan::measure_stats(const std::string& name) const {
  return numeric_stats(name, numbers_.moments, train_missing_, numbers_.sample);
}

FeatureStats ColumnScan::stats(const Column& column) const {
  if (column.type != ColumnType::category)
    return numeric_stats(column.name, numbers().moments, train_missing_, numbers().sample);
  FeatureStats stats;
  stats.name = column.name;
  stats.categorical = true;
  stats.count = train_;
  stats.missing = train_missing_;
  for (const auto& [value, counts] : distinct_) {
    if (counts.train > 0) stats.values.emplace_back(value, counts.train);
  }
  std::sort(stats.values.begin(), stats.values.end(), [](const auto& a, const auto& b) {
    return a.second != b.second ? a.second > b.second : a.first < b.first;
  });
  if (stats.values.size() > kMaxListed) {
    int64_t rest = 0;
    for (size_t i = kMaxListed; i < stats.values.size(); ++i) rest += stats.values[i].second;
    stats.values.resize(kMaxListed);
    stats.values.emplace_back("", rest);
  }
  return stats;
}

}  // namespace mlctl
