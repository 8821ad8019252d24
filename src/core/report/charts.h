#pragma once
// Charts as inline SVG, coloured by the page's CSS so that they follow light and dark. Every mark has a
// <title>, shown when the pointer rests on it.

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mlctl::report {

using Points = std::vector<std::pair<double, double>>;

struct Series {
  std::string name;
  Points points;
  bool dashed = false;  // a reference: the diagonal, the ideal
};

struct Axes {
  std::string title;
  std::string x_label{}, y_label{};
  std::optional<std::pair<double, double>> x_range{}, y_range{};  // default: the data's
};

std::string line_chart(const Axes& axes, const std::vector<Series>& series);
std::string scatter_chart(const Axes& axes, const std::vector<Series>& dots,
                          const std::vector<Series>& lines = {});

// Horizontal bars with their names, in the order given.
struct Bar {
  std::string name;
  double value = 0;
  std::string text{};  // printed after the bar; default: the value
};
std::string bar_chart(const std::string& title, const std::vector<Bar>& bars);

// Vertical bars over consecutive bins, one colour per series ("before", "after"): edges are one more than a
// series' counts.
struct Counts {
  std::string name;
  std::vector<double> values;
};
std::string histogram(const Axes& axes, const std::vector<double>& edges, const std::vector<Counts>& series);

// A matrix of counts, shaded by the share of its row.
struct Heatmap {
  std::string title, row_title, column_title;
  std::vector<std::string> labels;  // of rows and columns
  std::vector<std::vector<double>> values;
};
std::string heatmap(const Heatmap& map);

// Round positions (1, 2 or 5 × a power of ten apart) that cover [low, high] with about `count` intervals.
std::vector<double> ticks(double low, double high, int count = 5);

}  // namespace mlctl::report
