#include "core/ingest/table_scan.h"

#include <doctest/doctest.h>

using namespace mlctl;

namespace {

ColumnScan scan_of(const std::vector<std::string>& cells, const ColumnWish& wish = {}) {
  ColumnScan scan(wish);
  for (const std::string& cell : cells) scan.add(cell, true, true);
  return scan;
}

std::vector<std::string> numbered(const char* stem, int count) {
  std::vector<std::string> cells;
  for (int i = 0; i < count; ++i) cells.push_back(stem + std::to_string(i));
  return cells;
}

}  // namespace

TEST_CASE("a column's type is the narrowest that holds all its cells") {
  const struct {
    std::vector<std::string> cells;
    ColumnType type;
  } cases[] = {
      {{"1", "-2", "", "NA", "3"}, ColumnType::integer},
      {{"1", "2.5", "1e3"}, ColumnType::number},
      {{"1.0", "2.0"}, ColumnType::number},
      {{"12345678901234567890"}, ColumnType::number},
      {{"yes", "no", "NO"}, ColumnType::boolean},
      {{"True", "False", "nan"}, ColumnType::boolean},
      {{"1", "0"}, ColumnType::integer},
      {{"1", "yes"}, ColumnType::category},
      {{"2024-01-31", "2024/02/01", "2024-02-01 10:00"}, ColumnType::date},
      {{"2024-01-31", "soon"}, ColumnType::category},
      {{"2024-01-31", "7"}, ColumnType::category},
      {{"red", "green", "red"}, ColumnType::category},
      {{"", "NA"}, ColumnType::text},
      {numbered("name ", 60), ColumnType::text},
  };
  for (const auto& c : cases) {
    CAPTURE(c.cells.front());
    CHECK(scan_of(c.cells).column("x", static_cast<int64_t>(c.cells.size())).type == c.type);
  }
}

TEST_CASE("numbers with a decimal comma are numbers where some cell shows that it is one") {
  const struct {
    std::vector<std::string> cells;
    ColumnType type;
    CellForm form;
    double max;
  } cases[] = {
      {{"1,5", "-2,25", "", "3"}, ColumnType::number, CellForm::decimal_comma, 3},
      {{"7", "1.234,500"}, ColumnType::number, CellForm::decimal_comma, 1234.5},
      {{"12,345", "1,5"}, ColumnType::number, CellForm::decimal_comma, 12.345},
      {{"1,234", "12,345"}, ColumnType::category, CellForm::plain, 0},  // thousands, perhaps
      {{"1.5", "2,5"}, ColumnType::category, CellForm::plain, 0},
      {{"1,5", "2,5,5"}, ColumnType::category, CellForm::plain, 0},
      {{"1,5", "31.01.2024"}, ColumnType::category, CellForm::plain, 0},
  };
  for (const auto& c : cases) {
    CAPTURE(c.cells.front());
    const auto rows = static_cast<int64_t>(c.cells.size());
    ColumnScan merged = scan_of({c.cells.front()});
    merged.merge(scan_of({c.cells.begin() + 1, c.cells.end()}));
    for (const ColumnScan& scan : {scan_of(c.cells), merged}) {
      const Column column = scan.column("x", rows);
      CHECK(column.type == c.type);
      CHECK(column.form == c.form);
      if (c.type == ColumnType::number) CHECK(scan.stats(column).max == c.max);
    }
  }
  const ColumnWish wish{ColumnType::number, Role::feature, CellForm::decimal_comma};
  CHECK(ColumnScan(wish).fits("1,234"));
  CHECK(scan_of({"1,234"}, wish).column("x", 1).form == CellForm::decimal_comma);
}

TEST_CASE("parts of a column merge to the whole") {
  const std::vector<std::string> first = {"1", "", "2.5"}, second = {"4", "oak"};
  ColumnScan merged = scan_of(first);
  merged.merge(scan_of(second));
  std::vector<std::string> all = first;
  all.insert(all.end(), second.begin(), second.end());
  const ColumnScan whole = scan_of(all);
  CHECK(merged.column("x", 5).type == whole.column("x", 5).type);
  CHECK(merged.column("x", 5).categories == std::vector<std::string>{"1", "2.5", "4", "oak"});
  CHECK(merged.stats(merged.column("x", 5)).values == whole.stats(whole.column("x", 5)).values);
}

TEST_CASE("a wish decides the type, and cells that do not fit it are seen") {
  const ColumnScan number(ColumnWish{ColumnType::number, Role::feature});
  CHECK(number.fits("1.5"));
  CHECK(number.fits("NA"));
  CHECK_FALSE(number.fits("good"));
  CHECK_FALSE(ColumnScan(ColumnWish{ColumnType::integer, Role::feature}).fits("1.5"));
  CHECK(scan_of({"1", "2"}, {ColumnType::category, Role::feature}).column("zip", 2).type ==
        ColumnType::category);
  CHECK(scan_of(numbered("u", 3000), {ColumnType::category, Role::user}).distinct() == 3000);
  CHECK(scan_of(numbered("u", 3000)).distinct() == -1);
}

TEST_CASE("numeric statistics are those of the training rows") {
  ColumnScan scan({});
  for (int i = 1; i <= 100; ++i) scan.add(std::to_string(i), true, true);
  scan.add("1000", false, false);
  scan.add("", true, true);
  const FeatureStats stats = scan.stats(scan.column("x", 102));
  CHECK(stats.count == 100);
  CHECK(stats.missing == 1);
  CHECK(stats.mean == doctest::Approx(50.5));
  CHECK(stats.stddev == doctest::Approx(28.866));
  CHECK(stats.max == 100);
  CHECK(stats.edges.size() == 9);
  CHECK(stats.bins.size() == 10);
}

TEST_CASE("a column that counts the rows is known, also across parts") {
  ColumnScan scan = scan_of({"7", "8", "9"});
  scan.merge(scan_of({"10", "11"}));
  CHECK(scan.counts_rows());
  scan.merge(scan_of({"13"}));
  CHECK_FALSE(scan.counts_rows());
}

TEST_CASE("rare categories are counted under the empty name") {
  ColumnScan scan({});
  for (int i = 0; i < 150; ++i) {
    for (int n = 0; n <= i % 3; ++n) scan.add("c" + std::to_string(i), true, true);
  }
  const FeatureStats stats = scan.stats(scan.column("x", 300));
  CHECK(stats.values.size() == 101);
  CHECK(stats.values.front().second == 3);
  CHECK(stats.values.back().first.empty());
}

TEST_CASE("the order of a column's dates is told by those that have but one reading") {
  const struct {
    std::vector<std::string> cells;
    ColumnType type;
    CellForm form;
    double max;
  } cases[] = {
      {{"1970-01-02", "1970-01-03"}, ColumnType::date, CellForm::plain, 172800},
      {{"02/01/1970", "13/01/1970"}, ColumnType::date, CellForm::day_first, 12 * 86400.0},
      {{"01/02/1970", "01/13/1970"}, ColumnType::date, CellForm::month_first, 12 * 86400.0},
      {{"02/01/1970", "03/01/1970"}, ColumnType::category, CellForm::plain, 0},
      {{"13/01/1970", "01/13/1970"}, ColumnType::category, CellForm::plain, 0},
  };
  for (const auto& c : cases) {
    CAPTURE(c.cells.back());
    ColumnScan scan = scan_of({c.cells.front()});
    scan.merge(scan_of({c.cells.back()}));
    const Column column = scan.column("x", 2);
    CHECK(column.type == c.type);
    CHECK(column.form == c.form);
    if (c.type == ColumnType::date) CHECK(scan.stats(column).max == c.max);
  }
  CHECK(scan_of({"02/01/1970", "03/01/1970"}).ambiguous_dates());
  CHECK_FALSE(scan_of({"02/01/1970", "13/01/1970"}).ambiguous_dates());
  CHECK_FALSE(scan_of({"red", "blue"}).ambiguous_dates());
  CHECK_FALSE(scan_of({"1", "2"}).ambiguous_dates());
}
