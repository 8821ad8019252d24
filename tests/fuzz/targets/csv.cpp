// CSV records and what their cells mean: a written field reads the same.

#include "core/text/csv.h"

#include "core/data/cells.h"
#include "fuzz/fuzz.h"

using namespace mlctl;

namespace {

void read_cell(std::string_view cell) {
  static constexpr ColumnType types[] = {ColumnType::number, ColumnType::integer, ColumnType::boolean,
                                         ColumnType::date};
  static constexpr CellForm forms[] = {CellForm::plain, CellForm::day_first, CellForm::month_first,
                                       CellForm::decimal_comma};
  for (const ColumnType type : types)
    for (const CellForm form : forms) (void)cell_number(type, cell, form);
  fuzz::claim(cell.starts_with(canonical_id(cell)), "an id is a prefix of its cell");
  (void)without_decimal_comma(cell);
  if (const auto date = parse_date(cell)) (void)date_text(*date);
}

}  // namespace

FUZZ(input) {
  const char delimiter = detect_delimiter(input);
  fuzz::claim(complete_records(input, delimiter) <= input.size(), "records end within the text");
  CsvReader reader(input, delimiter);
  std::vector<std::string_view> fields;
  while (reader.next(fields)) {
    fuzz::claim(reader.begin() < reader.end() && reader.end() <= input.size(),
                "a record is a part of the text");
    std::vector<std::string> kept(fields.begin(), fields.end());
    const std::string line = csv_line(kept);
    CsvReader again(line, ',');
    std::vector<std::string_view> same;
    const bool blank = kept.size() == 1 && kept.front().empty();
    fuzz::claim(blank || (again.next(same) && std::vector<std::string>(same.begin(), same.end()) == kept),
                "written fields read the same");
    for (const std::string& field : kept) read_cell(field);
  }
}
