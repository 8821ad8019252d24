#include "core/clean/repair.h"

#include <doctest/doctest.h>

#include <cmath>

using namespace mlctl;

namespace {

Column column_of(ColumnType type, Role role = Role::feature) {
  Column column;
  column.name = "x";
  column.type = type;
  column.role = role;
  return column;
}

CleanRules with_missing(const std::string& text) {
  CleanRules rules;
  rules.missing = *parse_missing(text);
  return rules;
}

ColumnRepair fitted(const Column& column, const CleanRules& rules, const std::vector<std::string>& cells) {
  ColumnFit fit(column, rules);
  for (const std::string& cell : cells) fit.add(cell, true);
  return fit.repair();
}

}  // namespace

TEST_CASE("a gap is filled by the column's type and the rule") {
  const struct {
    ColumnType type;
    const char* rule;
    std::vector<std::string> cells;
    const char* fill;
  } cases[] = {
      {ColumnType::number, "mean", {"1", "2", "", "6"}, "3"},
      {ColumnType::number, "median", {"1", "2", "NA", "100", "4"}, "3"},
      {ColumnType::number, "mode", {"1", "2.5", "2.5", ""}, "2.5"},
      {ColumnType::number, "constant:-1.5", {"1", ""}, "-1.5"},
      {ColumnType::integer, "mean", {"1", "2", "2"}, "2"},
      {ColumnType::integer, "median", {"1", "2"}, "2"},
      {ColumnType::boolean, "mean", {"true", "false", "true"}, "true"},
      {ColumnType::category, "median", {"b", "a", "b"}, "b"},
      {ColumnType::category, "mode", {"b", "a"}, "a"},
      {ColumnType::category, "constant:none of these", {"a"}, "none of these"},
      {ColumnType::date, "mean", {"2026-01-01", "2026-01-03"}, "2026-01-02"},
      {ColumnType::date, "median", {"2026-01-01 12:00", "2026-01-02 13:30"}, "2026-01-02T00:45:00"},
      {ColumnType::text, "mode", {"some words", "some words"}, ""},
      {ColumnType::text, "constant:(none)", {"some words"}, "(none)"},
      {ColumnType::number, "mean", {"", ""}, ""},
      {ColumnType::number, "keep", {"1", ""}, ""},
  };
  for (const auto& each : cases) {
    CAPTURE(each.rule);
    CHECK(fitted(column_of(each.type), with_missing(each.rule), each.cells).fill == each.fill);
  }
}

TEST_CASE("labels and ratings are never filled") {
  for (const Role role : {Role::label, Role::rating, Role::user, Role::item, Role::ignored}) {
    CHECK(fitted(column_of(ColumnType::number, role), with_missing("mean"), {"1", ""}).fill.empty());
  }
}

TEST_CASE("a constant that the column cannot hold matters only where a value is missing") {
  const Column column = column_of(ColumnType::number);
  const CleanRules rules = with_missing("constant:unknown");
  ColumnFit full(column, rules), gappy(column, rules);
  full.add("1", true);
  gappy.add("", true);
  CHECK(!full.lacks_constant());
  CHECK(gappy.lacks_constant());
}

TEST_CASE("outlier bounds") {
  CleanRules rules;
  const std::vector<std::string> cells = {"1", "2", "3", "4", "5", "", "100"};
  rules.outliers = OutlierMethod::iqr;
  const ColumnRepair iqr = fitted(column_of(ColumnType::number), rules, cells);
  CHECK(iqr.low == doctest::Approx(2.25 - 3 * 2.5));
  CHECK(iqr.high == doctest::Approx(4.75 + 3 * 2.5));
  rules.outliers = OutlierMethod::zscore;
  rules.outlier_threshold = 2;
  const ColumnRepair zscore = fitted(column_of(ColumnType::number), rules, cells);
  CHECK(zscore.high == doctest::Approx(19.166667 + 2 * 36.172812));
  for (const ColumnType type :
       {ColumnType::boolean, ColumnType::date, ColumnType::category, ColumnType::text}) {
    CHECK(std::isinf(fitted(column_of(type), rules, {"true", "2026-01-01", "1"}).high));
  }
  CHECK(std::isinf(fitted(column_of(ColumnType::number), rules, {"5", "5", "5"}).high));
}

TEST_CASE("a column is constant when train holds one value and no gap") {
  const Column column = column_of(ColumnType::category);
  CHECK(fitted(column, CleanRules(), {"a", "a"}).constant);
  CHECK(fitted(column, CleanRules(), {"", ""}).constant);
  CHECK(!fitted(column, CleanRules(), {"a", ""}).constant);
  CHECK(!fitted(column, CleanRules(), {"a", "b"}).constant);
  CHECK(fitted(column, with_missing("mode"), {"a", ""}).constant);
  CHECK(!fitted(column, with_missing("constant:b"), {"a", ""}).constant);
  CHECK(!fitted(column_of(ColumnType::category, Role::label), CleanRules(), {"a", "a"}).constant);
}

TEST_CASE("a row goes for its first fault, else its gaps are filled") {
  const std::vector<Column> columns(3, column_of(ColumnType::number));
  RepairPlan plan(3);
  plan[0].missing = MissingAction::drop;
  plan[1].fill = "7";
  plan[2].low = 0;
  plan[2].high = 10;
  std::vector<int64_t> filled(3);
  const auto verdict = [&](std::vector<std::string> fields) {
    return repair_row(columns, plan, fields, filled).reason;
  };
  CHECK(verdict({"", "1", "1"}) == Reason::missing_value);
  CHECK(verdict({"1", "", "11"}) == Reason::outlier);
  CHECK(verdict({"1", "1", "-1"}) == Reason::outlier);
  CHECK(verdict({"1", "", ""}) == Reason::none);
  CHECK(filled == std::vector<int64_t>{0, 1, 0});
}
