#include "core/report/charts.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/report/page.h"

namespace mlctl::report {

namespace {

constexpr double kWidth = 480, kHeight = 300;
constexpr double kLeft = 48, kRight = 12, kTop = 10, kBottom = 40;
constexpr int kColours = 6;

std::string colour(size_t index) {
  return fmt::format("var(--c{})", index % kColours + 1);
}

std::string number(double value) {
  const double size = std::fabs(value);
  if (size >= 1e9) return fmt::format("{:g}G", value / 1e9);
  if (size >= 1e6) return fmt::format("{:g}M", value / 1e6);
  if (size >= 1e4) return fmt::format("{:g}k", value / 1e3);
  return fmt::format("{:.4g}", value == 0 ? 0.0 : value);
}

// A rectangle of data drawn into the plot area.
struct Scale {
  double x0, x1, y0, y1;
  double x(double value) const { return kLeft + (value - x0) / (x1 - x0) * (kWidth - kLeft - kRight); }
  double y(double value) const {
    return kHeight - kBottom - (value - y0) / (y1 - y0) * (kHeight - kTop - kBottom);
  }
};

std::pair<double, double> widened(std::pair<double, double> range) {
  if (!(range.first <= range.second)) return {0, 1};
  if (range.first == range.second) return {range.first - 0.5, range.second + 0.5};
  return range;
}

std::pair<double, double> extent(const std::vector<const std::vector<Series>*>& groups, bool of_x) {
  std::pair<double, double> range = {HUGE_VAL, -HUGE_VAL};
  for (const auto* group : groups) {
    for (const Series& series : *group) {
      for (const auto& [x, y] : series.points) {
        const double value = of_x ? x : y;
        if (!std::isfinite(value)) continue;
        range = {std::min(range.first, value), std::max(range.second, value)};
      }
    }
  }
  return widened(range);
}

Scale scale_of(const Axes& axes, const std::vector<const std::vector<Series>*>& groups) {
  const auto x = axes.x_range ? widened(*axes.x_range) : extent(groups, true);
  const auto y = axes.y_range ? widened(*axes.y_range) : extent(groups, false);
  return {x.first, x.second, y.first, y.second};
}

std::string frame(const Axes& axes, const Scale& scale) {
  std::string svg;
  for (const double at : ticks(scale.y0, scale.y1)) {
    svg += fmt::format("<line class=\"axis\" x1=\"{}\" x2=\"{}\" y1=\"{:.1f}\" y2=\"{:.1f}\"/>", kLeft,
                       kWidth - kRight, scale.y(at), scale.y(at));
    svg += fmt::format("<text x=\"{}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>", kLeft - 6,
                       scale.y(at) + 4, number(at));
  }
  for (const double at : ticks(scale.x0, scale.x1)) {
    svg += fmt::format("<text x=\"{:.1f}\" y=\"{}\" text-anchor=\"middle\">{}</text>", scale.x(at),
                       kHeight - kBottom + 16, number(at));
  }
  svg += fmt::format("<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
                     (kLeft + kWidth - kRight) / 2, kHeight - 6, escape(axes.x_label));
  svg += fmt::format("<text transform=\"translate(11 {}) rotate(-90)\" text-anchor=\"middle\">{}</text>\n",
                     (kTop + kHeight - kBottom) / 2, escape(axes.y_label));
  return svg;
}

std::string legend(const std::vector<std::string>& names) {
  if (std::count_if(names.begin(), names.end(), [](const auto& name) { return !name.empty(); }) < 2)
    return {};
  std::string html = "<div class=\"legend\">";
  for (size_t k = 0; k < names.size(); ++k) {
    if (!names[k].empty())
      html += fmt::format("<span><s style=\"background:{}\"></s>{}</span>", colour(k), escape(names[k]));
  }
  return html + "</div>";
}

std::string figure(const std::string& title, const std::string& key, double height, const std::string& svg) {
  return fmt::format(
      "<figure class=\"chart\"><figcaption>{0}</figcaption>{1}<svg viewBox=\"0 0 {2} {3:.0f}\" role=\"img\" "
      "aria-label=\"{0}\">\n{4}</svg></figure>\n",
      escape(title), key, kWidth, height, svg);
}

std::string polyline(const Series& series, const Scale& scale, size_t index) {
  std::string points;
  for (const auto& [x, y] : series.points)
    points += fmt::format("{:.1f},{:.1f} ", scale.x(x), scale.y(std::clamp(y, scale.y0, scale.y1)));
  return fmt::format("<polyline class=\"line{}\" stroke=\"{}\" points=\"{}\"><title>{}</title></polyline>\n",
                     series.dashed ? " dash" : "", series.dashed ? "var(--soft)" : colour(index), points,
                     escape(series.name));
}

std::vector<std::string> names_of(const std::vector<Series>& series) {
  std::vector<std::string> names;
  for (const Series& one : series) names.push_back(one.dashed ? "" : one.name);
  return names;
}

// Cuts a label so that it fits a margin; whole characters only.
std::string shortened(const std::string& text, size_t characters) {
  size_t seen = 0;
  for (size_t at = 0; at < text.size(); ++at) {
    if ((static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) continue;
    if (seen++ == characters) return text.substr(0, at) + "…";
  }
  return text;
}

std::string heat_cell(const Heatmap& map, size_t row, size_t column, double left, double side,
                      double row_total) {
  const double value = map.values[row][column];
  const double share = row_total > 0 ? value / row_total : 0;
  const double x = left + side * static_cast<double>(column), y = kTop + side * static_cast<double>(row);
  std::string svg = fmt::format(
      "<rect class=\"cell\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" rx=\"2\" "
      "fill-opacity=\"{:.3f}\"><title>{} → {}: {} ({:.1f}%)</title></rect>",
      x + 0.5, y + 0.5, side - 1, side - 1, 0.04 + 0.96 * share, escape(map.labels[row]),
      escape(map.labels[column]), number(value), 100 * share);
  if (side >= 22 && value > 0) {
    svg += fmt::format(
        "<text class=\"cell-text{}\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\" "
        "pointer-events=\"none\">{}</text>\n",
        share > 0.5 ? " on" : "", x + side / 2, y + side / 2 + 4, number(value));
  }
  return svg;
}

std::string histogram_bars(const Scale& scale, const std::vector<double>& edges, const Counts& counts,
                           size_t series, size_t of) {
  std::string svg;
  for (size_t k = 0; k < counts.values.size() && k + 1 < edges.size(); ++k) {
    const double slot = (scale.x(edges[k + 1]) - scale.x(edges[k])) / static_cast<double>(of);
    const double x = scale.x(edges[k]) + slot * static_cast<double>(series);
    const double y = scale.y(counts.values[k]);
    svg += fmt::format(
        "<rect fill=\"{}\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" rx=\"1.5\">"
        "<title>{} [{}, {}): {}</title></rect>",
        colour(series), x + 0.5, y, std::max(0.5, slot - 1), scale.y(0) - y, escape(counts.name),
        number(edges[k]), number(edges[k + 1]), number(counts.values[k]));
  }
  return svg;
}

}  // namespace

std::vector<double> ticks(double low, double high, int count) {
  const double rough = (high - low) / count;
  if (!(rough > 0) || !std::isfinite(rough)) return {low};
  const double power = std::pow(10, std::floor(std::log10(rough)));
  const double lead = rough / power;
  const double step = power * (lead < 1.5 ? 1 : lead < 3.5 ? 2 : lead < 7.5 ? 5 : 10);
  std::vector<double> at;
  const auto first = static_cast<int64_t>(std::ceil(low / step - 1e-9));
  const auto last = static_cast<int64_t>(std::floor(high / step + 1e-9));
  for (int64_t k = first; k <= last; ++k) at.push_back(static_cast<double>(k) * step);
  return at;
}

std::string line_chart(const Axes& axes, const std::vector<Series>& series) {
  return scatter_chart(axes, {}, series);
}

std::string scatter_chart(const Axes& axes, const std::vector<Series>& dots,
                          const std::vector<Series>& lines) {
  const Scale scale = scale_of(axes, {&dots, &lines});
  std::string svg = frame(axes, scale);
  for (size_t k = 0; k < dots.size(); ++k) {
    for (const auto& [x, y] : dots[k].points) {
      svg += fmt::format(
          "<circle class=\"dot\" fill=\"{}\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"2.4\">"
          "<title>{}, {}</title></circle>",
          colour(k), scale.x(x), scale.y(y), number(x), number(y));
    }
  }
  for (size_t k = 0; k < lines.size(); ++k) svg += polyline(lines[k], scale, dots.size() + k);
  std::vector<std::string> names = names_of(dots);
  for (std::string& name : names_of(lines)) names.push_back(std::move(name));
  return figure(axes.title, legend(names), kHeight, svg);
}

std::string bar_chart(const std::string& title, const std::vector<Bar>& bars) {
  constexpr double kRow = 24, kName = 150, kValue = 70;
  double most = 0;
  for (const Bar& bar : bars) most = std::max(most, bar.value);
  std::string svg;
  for (size_t k = 0; k < bars.size(); ++k) {
    const double y = kRow * static_cast<double>(k);
    const double length = most > 0 ? std::max(0.0, bars[k].value) / most * (kWidth - kName - kValue) : 0;
    svg += fmt::format(
        "<text x=\"{}\" y=\"{:.1f}\" text-anchor=\"end\">{}<title>{}</title></text>"
        "<rect fill=\"var(--c1)\" x=\"{}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{}\" rx=\"3\"/>"
        "<text x=\"{:.1f}\" y=\"{:.1f}\">{}</text>\n",
        kName - 8, y + 16, escape(shortened(bars[k].name, 22)), escape(bars[k].name), kName, y + 4,
        std::max(1.0, length), kRow - 9, kName + length + 6, y + 16,
        escape(bars[k].text.empty() ? number(bars[k].value) : bars[k].text));
  }
  return figure(title, {}, kRow * static_cast<double>(bars.size()), svg);
}

std::string histogram(const Axes& axes, const std::vector<double>& edges, const std::vector<Counts>& series) {
  double most = 1;
  std::vector<std::string> names;
  for (const Counts& counts : series) {
    names.push_back(counts.name);
    for (const double value : counts.values) most = std::max(most, value);
  }
  const auto x =
      axes.x_range.value_or(edges.empty() ? std::pair(0.0, 1.0) : std::pair(edges.front(), edges.back()));
  const auto y = axes.y_range.value_or(std::pair(0.0, most));
  const auto [x0, x1] = widened(x);
  const Scale scale{x0, x1, y.first, y.second};
  std::string svg = frame(axes, scale);
  for (size_t k = 0; k < series.size(); ++k) svg += histogram_bars(scale, edges, series[k], k, series.size());
  return figure(axes.title, legend(names), kHeight, svg);
}

std::string heatmap(const Heatmap& map) {
  const size_t count = map.labels.size();
  if (count == 0) return {};
  constexpr double kMargin = 104;
  const double side = std::min(56.0, (kWidth - kMargin - kRight) / static_cast<double>(count));
  const double bottom = kTop + side * static_cast<double>(count);
  const double font = std::clamp(side * 0.7, 4.0, 11.0);
  size_t longest = 0;
  for (const std::string& label : map.labels) longest = std::max(longest, std::min<size_t>(14, label.size()));
  const double hang = 30 + 0.4 * font * static_cast<double>(longest);  // of the slanted labels
  std::string svg;
  for (size_t row = 0; row < count; ++row) {
    const std::string label = escape(shortened(map.labels[row], 14));
    const double middle = side * (static_cast<double>(row) + 0.5);
    svg += fmt::format(
        "<text style=\"font-size:{3:.0f}px\" x=\"{0}\" y=\"{1:.1f}\" text-anchor=\"end\">{2}</text>",
        kMargin - 6, kTop + middle + font / 3, label, font);
    svg += fmt::format(
        "<text style=\"font-size:{3:.0f}px\" transform=\"translate({0:.1f} {1:.1f}) rotate(-45)\" "
        "text-anchor=\"end\">{2}</text>\n",
        kMargin + middle + font / 3, bottom + 12, label, font);
    double total = 0;
    for (const double value : map.values[row]) total += value;
    for (size_t column = 0; column < count; ++column)
      svg += heat_cell(map, row, column, kMargin, side, total);
  }
  svg +=
      fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\">{}</text>",
                  kMargin + side * static_cast<double>(count) / 2, bottom + hang, escape(map.column_title));
  svg += fmt::format("<text transform=\"translate(11 {:.1f}) rotate(-90)\" text-anchor=\"middle\">{}</text>",
                     (kTop + bottom) / 2, escape(map.row_title));
  return figure(map.title, {}, bottom + hang + 6, svg);
}

}  // namespace mlctl::report
