#include "core/data/cells.h"

#include <cmath>

#include <doctest/doctest.h>

using namespace mlctl;

TEST_CASE("cells: missing values are recognised in any case") {
  for (const char* cell : {"", "NA", "n/a", "NULL", "NaN", "None", "?", "#N/A"}) {
    CAPTURE(cell);
    CHECK(is_missing(cell));
    CHECK(std::isnan(cell_number(ColumnType::number, cell).value()));
  }
  for (const char* cell : {"0", "nano", "name", " "}) CHECK_FALSE(is_missing(cell));
}

TEST_CASE("cells: dates are seconds since 1970 in UTC") {
  const struct {
    const char* cell;
    double seconds;
  } good[] = {{"1970-01-02", 86400},
              {"1970/01/02", 86400},
              {"1969-12-31", -86400},
              {"1970-01-01 01:00", 3600},
              {"1970-01-01T01:00:30.5Z", 3630.5},
              {"1970-01-01T02:00:00+02:00", 0},
              {"1970-01-01T00:00:00-0530", 19800}};
  for (const auto& each : good) {
    CAPTURE(each.cell);
    CHECK(parse_date(each.cell) == each.seconds);
  }
  for (const char* bad : {"", "1970", "1970-13-01", "1970-02-30", "1970-01-01x", "1970-01/01", "70-01-01",
                          "1970-01-01T25:00", "1970-01-01T1:00", "1970-01-01T01:00:00.", "-970-01-01"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_date(bad));
  }
}

TEST_CASE("cells: the number of a cell follows its type") {
  CHECK(cell_number(ColumnType::integer, "12") == 12.0);
  CHECK(cell_number(ColumnType::number, "-1.5e3") == -1500.0);
  CHECK(cell_number(ColumnType::boolean, "Yes") == 1.0);
  CHECK(cell_number(ColumnType::boolean, "f") == 0.0);
  CHECK_FALSE(cell_number(ColumnType::number, "abc"));
  CHECK_FALSE(cell_number(ColumnType::boolean, "2"));
  CHECK_FALSE(cell_number(ColumnType::category, "red"));
}
