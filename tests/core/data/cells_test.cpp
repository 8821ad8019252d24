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

TEST_CASE("cells: a decimal comma is read where it is known to be one") {
  const struct {
    const char* cell;
    std::optional<double> value;
  } cases[] = {{"12,5", 12.5},
               {"-1.234,5", -1234.5},
               {"1.234.567,0", 1234567.0},
               {"12.5", 12.5},
               {"7", 7.0},
               {"12,5,5", {}},
               {"1.23,5", {}},
               {",5", {}},
               {"5,", {}}};
  for (const auto& each : cases) {
    CAPTURE(each.cell);
    CHECK(cell_number(ColumnType::number, each.cell, CellForm::decimal_comma) == each.value);
  }
  CHECK_FALSE(cell_number(ColumnType::number, "12,5"));
}

TEST_CASE("cells: dates in other orders are read where the order is known") {
  const double day = 1769817600;  // 2026-01-31
  for (const char* cell :
       {"31/01/2026", "31/1/2026", "31-1-2026", "31-01-2026", "31.01.2026", "2026-01-31"}) {
    CAPTURE(cell);
    CHECK(parse_date(cell, CellForm::day_first) == day);
  }
  CHECK(parse_date("1/31/2026 12:00", CellForm::month_first) == day + 43200);
  CHECK_FALSE(parse_date("31/01/2026"));
  CHECK_FALSE(parse_date("31/01/2026", CellForm::month_first));
  for (const char* bad : {"31/01-2026", "31/01/26", "/01/2026", "031/01/2026", "31/2026", "-1/01/2026"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_date(bad, CellForm::day_first));
  }
}

TEST_CASE("cells: a date is written as it is read") {
  for (const char* text : {"2026-01-31", "1969-12-31", "2026-01-31T12:30:15"}) {
    CHECK(date_text(parse_date(text).value()) == text);
  }
}

TEST_CASE("cells: whole numbers are the same id with and without a fraction of zeros") {
  const std::pair<const char*, const char*> cases[] = {
      {"5", "5"},   {"5.0", "5"},   {"5.00", "5"}, {"-5.0", "-5"}, {"5.5", "5.5"}, {"5.", "5."},
      {".0", ".0"}, {"-.0", "-.0"}, {"05", "05"},  {"u.0", "u.0"}, {"", ""},       {"1.0.0", "1.0.0"}};
  for (const auto& [cell, id] : cases) {
    CAPTURE(cell);
    CHECK(canonical_id(cell) == id);
  }
}
