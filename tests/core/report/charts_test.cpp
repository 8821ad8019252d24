#include "core/report/charts.h"

#include <cmath>

#include <doctest/doctest.h>

using namespace mlctl;

TEST_CASE("ticks are round numbers inside the range") {
  CHECK(report::ticks(0, 1) == std::vector<double>{0, 0.2, 0.4, 0.6000000000000001, 0.8, 1});
  CHECK(report::ticks(0, 10) == std::vector<double>{0, 2, 4, 6, 8, 10});
  CHECK(report::ticks(-3, 3) == std::vector<double>{-3, -2, -1, 0, 1, 2, 3});
  CHECK(report::ticks(5, 5) == std::vector<double>{5});
}

TEST_CASE("charts of nothing, of one point and of constants are still valid") {
  for (const std::string& svg :
       {report::line_chart({"empty"}, {}), report::line_chart({"one"}, {{"a", {{1, 1}}}}),
        report::scatter_chart({"flat"}, {{"a", {{1, 2}, {3, 2}}}}), report::bar_chart("none", {}),
        report::histogram({"zero"}, {0, 1}, {{"a", {0}}}), report::heatmap({})}) {
    CHECK(svg.find("nan") == std::string::npos);
    CHECK(svg.find("inf") == std::string::npos);
  }
}

TEST_CASE("a heatmap shades by the share of its row and says so on each cell") {
  const std::string svg =
      report::heatmap({"confusion", "truth", "predicted", {"cat", "dog"}, {{3, 1}, {0, 4}}});
  CHECK(svg.find("cat → dog: 1 (25.0%)") != std::string::npos);
  CHECK(svg.find("dog → dog: 4 (100.0%)") != std::string::npos);
}

TEST_CASE("a series' name is escaped") {
  const std::string svg = report::line_chart({"t"}, {{"<a>", {{0, 0}}}, {"b", {{1, 1}}}});
  CHECK(svg.find("<a>") == std::string::npos);
  CHECK(svg.find("&lt;a&gt;") != std::string::npos);
}
