#include "core/clean/label_noise.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "core/base/random.h"

using namespace mlctl;

namespace {

Column column_of(const char* name, ColumnType type, Role role = Role::feature) {
  Column column;
  column.name = name;
  column.type = type;
  column.role = role;
  return column;
}

// Rows of a number, a category and a label; says which items are doubted.
class Table {
 public:
  void add(double number, const std::string& category, int32_t label) {
    const std::string cell = fmt::format("{}", number), named = std::to_string(label);
    rows_.add(items_++, label, {cell, category, named});
  }
  std::vector<uint32_t> doubted() {
    rows_.settle();
    std::vector<uint32_t> items;
    for (size_t row = 0; row < rows_.size(); ++row) {
      if (const auto suspect = rows_.judge(row)) items.push_back(suspect->item);
    }
    return items;
  }

 private:
  std::vector<Column> columns_ = {column_of("x", ColumnType::number), column_of("c", ColumnType::category),
                                  column_of("y", ColumnType::category, Role::label)};
  Neighbourhood rows_{columns_, 2};
  uint32_t items_ = 0;
};

}  // namespace

TEST_CASE("a label that the nearest rows contradict is doubted, whatever the numbers' scale and offset") {
  for (const double scale : {1e-6, 1.0, 1e9}) {
    CAPTURE(scale);
    Table table;
    Random random(1);
    for (uint32_t item = 0; item < 400; ++item) {
      const bool high = item % 2 == 1, wrong = item == 50 || item == 301;
      table.add(7e9 * scale + scale * (random.normal() + (high ? 10 : 0)), "same", high != wrong ? 1 : 0);
    }
    CHECK(table.doubted() == std::vector<uint32_t>{50, 301});
  }
}

TEST_CASE("categories make rows near") {
  Table table;
  Random random(1);
  for (uint32_t item = 0; item < 400; ++item) {
    const bool red = item % 2 == 1;
    table.add(random.normal(), red ? "red" : "blue", red != (item == 77) ? 1 : 0);
  }
  CHECK(table.doubted() == std::vector<uint32_t>{77});
}

TEST_CASE("a rare label among rows that tell nothing of it is not doubted") {
  Table table;
  Random random(1);
  for (uint32_t item = 0; item < 400; ++item) table.add(random.normal(), "same", item % 10 == 0 ? 1 : 0);
  CHECK(table.doubted().empty());
}

TEST_CASE("nothing is said of fewer rows than neighbours, of gaps or without features") {
  Table few;
  for (uint32_t item = 0; item < 20; ++item) few.add(item, "same", item == 3 ? 1 : 0);
  CHECK(few.doubted().empty());
  Table constant;
  for (uint32_t item = 0; item < 100; ++item)
    constant.add(item % 2 == 0 ? std::nan("") : 5, "same", item == 3);
  CHECK(constant.doubted().empty());
}
