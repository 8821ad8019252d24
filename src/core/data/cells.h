#pragma once
// What a table cell's text means: one reading for type inference, statistics, the typed cache, and a model's
// inputs in training and in service.

#include <optional>
#include <string>
#include <string_view>

#include "core/data/dataset.h"

namespace mlctl {

// "", NA, N/A, null, none, NaN, ? and their like, in any case.
bool is_missing(std::string_view cell);

// true/false, yes/no, t/f, y/n in any case; 1/0.
std::optional<bool> parse_boolean(std::string_view cell);

// 2026-01-31 or 2026/01/31, in an order with the day or the month first also 31/1/2026, 31-01-2026 and
// 31.01.2026; with a time after a blank or T: 12:30[:15[.25]][Z|+02:00]. Seconds since 1970, UTC.
std::optional<double> parse_date(std::string_view cell, CellForm order = CellForm::plain);

// "12.5" for 12,5 and "1234.5" for 1.234,5; nothing for what has no decimal comma.
std::optional<std::string> without_decimal_comma(std::string_view cell);

// ISO 8601, as parse_date() reads it: the day alone where that says it all.
std::string date_text(double seconds);

// A user's or item's id in the one form that is stored and looked up: "5.0", as spreadsheets and
// floating-point columns write it, becomes "5". The result is a prefix of the cell.
std::string_view canonical_id(std::string_view cell);

// The number a cell of that type stands for: booleans 0 and 1, dates seconds since 1970; NaN when missing.
// Nothing when it can't be read as the type. Categories and texts have no number.
std::optional<double> cell_number(ColumnType type, std::string_view cell, CellForm form = CellForm::plain);

}  // namespace mlctl
