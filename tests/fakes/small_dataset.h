#pragma once
// A small table dataset on disk: two classes, or a number, that two columns decide.

#include <cmath>
#include <filesystem>
#include <string>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "core/base/hash.h"
#include "core/base/random.h"
#include "core/data/dataset.h"
#include "core/sys/fs.h"
#include "fakes/listed_file.h"

namespace mlctl::test {

inline void write_split(Dataset& dataset, const std::filesystem::path& folder, const std::string& name,
                        int64_t rows, uint64_t seed) {
  Random random(seed);
  std::string csv = "a,b,color,y\n";
  Split split;
  split.class_counts.assign(dataset.classes.size(), 0);
  for (int64_t i = 0; i < rows; ++i) {
    const double a = random.normal(), b = random.normal();
    const bool high = a - 2 * b > 0;
    const std::string y =
        dataset.classification() ? (high ? "high" : "low") : fmt::format("{:.6f}", 3 * a - b + 10);
    csv += fmt::format("{:.6f},{:.6f},{},{}\n", a, b, high ? "red" : "blue", y);
    if (dataset.classification()) ++split.class_counts[high ? 0 : 1];
  }
  split.samples = rows;
  const std::string file = name + "-000000.csv";
  split.files = {inside(file)};
  split.shard_samples = {rows};
  dataset.splits[name] = split;
  dataset.files.push_back(entry(file, csv));
  REQUIRE(sys::write_file(folder / file, csv));
}

inline Dataset write_table(const std::filesystem::path& folder, bool classification, int64_t rows = 200) {
  Dataset dataset;
  dataset.kind = DatasetKind::table;
  dataset.columns = {
      {"a", ColumnType::number, Role::feature, CellForm::plain, {}},
      {"b", ColumnType::number, Role::feature, CellForm::plain, {}},
      {"color", ColumnType::category, Role::feature, CellForm::plain, {"blue", "red"}},
      {"y", classification ? ColumnType::category : ColumnType::number, Role::label, CellForm::plain, {}}};
  if (classification) dataset.classes = {"high", "low"};
  write_split(dataset, folder, "test", rows / 10, 3);
  write_split(dataset, folder, "train", rows, 1);
  write_split(dataset, folder, "validation", rows / 5, 2);
  dataset.lineage = nlohmann::ordered_json::object();
  REQUIRE(sys::write_file(folder / "dataset.json", to_json(dataset).dump()));
  return dataset;
}

}  // namespace mlctl::test
