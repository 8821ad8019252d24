#pragma once
// Labels that a table's rows are unlikely to have, by their nearest neighbours in train (edited nearest
// neighbours, Wilson 1972): candidates for a look by a person, never removed.

#include <array>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clean/clean_work.h"
#include "core/data/stats.h"

namespace mlctl {

inline constexpr size_t kNeighbours = 20, kContradicting = 16;  // suspect: 16 of the 20 share another label …
inline constexpr double kUnlikely = 0.01;  // … which happens by chance with a lower probability than this
// Every pair of train's rows is compared; of a larger train, of a random sample of about this many rows.
inline constexpr double kComparedRows = 10'000;

// Rows as points: numbers standardised (a gap is the mean), categories one-hot (a gap is a category of its
// own). Texts are ignored.
class Neighbourhood {
 public:
  Neighbourhood(const std::vector<Column>& columns, size_t classes);
  void add(uint32_t item, int32_t label, const std::vector<std::string_view>& fields);
  void settle();  // after the last row
  size_t size() const { return rows_.size(); }
  // The suspicion about one row. Any thread.
  std::optional<Suspect> judge(size_t row) const;

 private:
  static constexpr size_t kTile = 256;  // rows at a time: the compiler knows the count
  struct Feature {
    size_t column = 0;
    const Column* schema = nullptr;
    bool category = false;
    std::map<std::string, double, std::less<>> codes;
    Moments moments;
    std::vector<double> cells;  // by row: codes or numbers
    std::vector<float> values;  // the same, standardised, filled up to whole tiles
  };
  struct Row {
    uint32_t item;
    int32_t label;
  };
  struct Neighbour {
    float distance = std::numeric_limits<float>::infinity();
    size_t row = 0;
  };
  using Neighbours = std::array<Neighbour, kNeighbours>;  // nearest first

  double value_of(Feature& feature, std::string_view cell) const;
  Neighbours nearest(size_t row) const;
  double chance(int32_t label, size_t count) const;

  std::vector<Feature> features_;
  std::vector<Row> rows_;
  std::vector<size_t> label_counts_;
};

// Of a table with classes; nothing of other datasets.
Result<std::vector<Suspect>> unlikely_labels(const CleanWork& work);

}  // namespace mlctl
