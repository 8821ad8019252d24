#pragma once
// The first pass over a table: what type each column is, its categories, and the statistics of its training
// rows.

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/data/dataset.h"
#include "core/data/stats.h"

namespace mlctl {

// How a column is to be read, where the user or its role decides.
struct ColumnWish {
  std::optional<ColumnType> type;
  Role role = Role::feature;
  CellForm form = CellForm::plain;  // of a wished type
};

// What was seen of one column in some of the rows. Mergeable in the order of the rows.
class ColumnScan {
 public:
  explicit ColumnScan(const ColumnWish& wish);

  // False when the cell can't be read as the wished type; such a cell is not counted.
  bool fits(std::string_view cell) const;
  // `train`: the row is in the training split; `sampled`: it takes part in the quantiles.
  void add(std::string_view cell, bool train, bool sampled);
  // Stops collecting distinct values: the caller knows that there are too many.
  void give_up_values();
  // A number that stands for the cell, such as a text's length.
  void add_measure(double value, bool train, bool sampled);
  void merge(ColumnScan&& other);

  Column column(const std::string& name, int64_t rows) const;
  FeatureStats stats(const Column& column) const;
  FeatureStats measure_stats(const std::string& name) const;  // of what add_measure() was given
  std::vector<std::string> values() const;                    // the distinct ones, in no order
  int64_t distinct() const { return many_ ? -1 : static_cast<int64_t>(distinct_.size()); }  // -1: very many
  bool counts_rows() const { return sequential_ && present_ > 1; }  // 1, 2, 3, …: a row number
  int64_t present() const { return present_; }
  // Dates, but whether the day or the month comes first can't be told.
  bool ambiguous_dates() const;

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  struct Counts {
    int64_t all = 0, train = 0;
  };
  // What was seen of the numbers that the cells stand for.
  struct Numbers {
    Moments moments;
    std::vector<double> sample;
    void add(double value, bool sampled);
    void merge(Numbers&& other);
  };
  std::optional<double> read(std::string_view cell);
  std::optional<double> read_date(std::string_view cell);
  CellForm form() const;
  std::optional<double> read_comma(std::string_view cell);
  const Numbers& numbers() const;
  void count_value(std::string_view cell, bool train);
  void follow_sequence(double value);

  std::optional<ColumnType> wish_;
  CellForm wished_form_ = CellForm::plain;
  size_t max_distinct_ = 0;
  bool number_ = true, integer_ = true, boolean_ = true;  // every cell so far is one
  std::array<bool, 3> date_ = {true, true, true};         // likewise dates, by CellForm
  // Every cell may be one with a decimal comma; some cell is surely one.
  bool comma_ = true, comma_seen_ = false;
  bool many_ = false, sequential_ = true;
  double first_ = 0, last_ = 0;
  int64_t present_ = 0, missing_ = 0, train_ = 0, train_missing_ = 0;
  Numbers numbers_, month_first_;            // month_first_: dates read with the month first
  std::optional<double> month_first_value_;  // of the cell that read() saw last
  std::unordered_map<std::string, Counts, Hash, std::equal_to<>> distinct_;
};

}  // namespace mlctl
