#pragma once
// Repairs of table rows: what to put where a value is missing, and which numbers are too far out. Fitted on
// the training rows that stay, applied to every split.

#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/clean/reasons.h"
#include "core/clean/spec.h"
#include "core/data/stats.h"

namespace mlctl {

struct ColumnRepair {
  MissingAction missing = MissingAction::keep;
  std::string fill;  // where `missing` fills; "" when train holds no value to go by
  double low = -std::numeric_limits<double>::infinity(), high = std::numeric_limits<double>::infinity();
  bool constant = false;  // a feature with a single value in train, after filling
};
using RepairPlan = std::vector<ColumnRepair>;  // by column

// What the training rows say about one column. Only the first kMaxValues distinct values can become its
// mode.
class ColumnFit {
 public:
  ColumnFit(const Column& column, const CleanRules& rules);
  // `sampled`: the value takes part in the quantiles.
  void add(std::string_view cell, bool sampled);
  bool lacks_constant() const;  // a value is missing, and the rule's constant does not fit the column's type
  ColumnRepair repair() const;

  static constexpr size_t kMaxValues = 65536;

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  bool fills_mode() const;
  std::string fill() const;
  std::string mode() const;
  double quantile(double share) const;
  std::string number_text(double value) const;
  void find_bounds(ColumnRepair& repair) const;

  const Column* column_;
  const CleanRules* rules_;
  MissingRule rule_;
  bool numeric_, quantity_;  // quantity: a number or integer feature, where outliers are looked for
  int64_t missing_ = 0;
  Moments moments_;
  std::vector<double> sample_;
  size_t max_values_;
  std::unordered_map<std::string, int64_t, Hash, std::equal_to<>> values_;
};

struct RowVerdict {
  Reason reason = Reason::none;
  std::string detail;
};
// Says whether the row is removed, and why. If not, fills its gaps in place and counts them in `filled`, by
// column.
RowVerdict repair_row(const std::vector<Column>& columns, const RepairPlan& plan,
                      std::vector<std::string>& fields, std::vector<int64_t>& filled);

}  // namespace mlctl
