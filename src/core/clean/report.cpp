#include "core/clean/report.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/clean/reasons.h"
#include "core/clean/report_samples.h"
#include "core/clean/tally.h"
#include "core/report/charts.h"
#include "core/report/page.h"

namespace mlctl {

namespace {

using Findings = std::map<std::string, std::vector<Finding>>;
using Exhibits = std::map<std::string, Exhibit>;
using report::Cell;
using report::Grid;
using report::Tone;

constexpr size_t kOfEachReason = 12;
constexpr size_t kBins = 24;

std::string number(int64_t count) {
  return human_count(static_cast<uint64_t>(count));
}

int64_t samples_of(const Dataset& dataset) {
  int64_t total = 0;
  for (const auto& [name, split] : dataset.splits) total += split.samples;
  return total;
}

int64_t sum(const std::map<std::string, int64_t>& counts) {
  int64_t total = 0;
  for (const auto& [name, count] : counts) total += count;
  return total;
}

std::string meaning_of(const std::string& reason) {
  for (size_t i = 1; i < kReasons; ++i) {
    const ReasonText& text = text_of(static_cast<Reason>(i));
    if (reason == text.code) return text.meaning;
  }
  for (size_t i = 0; i < kSuspicions; ++i) {
    const ReasonText& text = text_of(static_cast<Suspicion>(i));
    if (reason == text.code) return text.meaning;
  }
  return {};
}

std::string lead(const Dataset& before, const Dataset& after, const Tally& tally) {
  const int64_t had = samples_of(before), have = samples_of(after);
  const double share = had > 0 ? 100.0 * static_cast<double>(had - have) / static_cast<double>(had) : 0;
  std::vector<report::Tile> tiles = {{"before", number(had)},
                                     {"after", number(have), {}, Tone::good},
                                     {"removed", number(had - have), fmt::format("{:.2f} %", share),
                                      had > have ? Tone::warning : Tone::neutral}};
  if (!tally.suspects.empty())
    tiles.push_back({"doubtful labels", number(sum(tally.suspects)), "kept", Tone::warning});
  if (!tally.masked.empty()) tiles.push_back({"personal data masked", number(sum(tally.masked))});
  if (!tally.filled.empty()) tiles.push_back({"gaps filled", number(sum(tally.filled))});
  return report::tiles(tiles);
}

std::string removed_table(const Dataset& before, const Tally& tally) {
  Grid grid;
  grid.header = {"Reason", "Meaning"};
  grid.text_columns = 2;
  for (const auto& [split, contents] : before.splits) grid.header.push_back(split);
  for (const auto& [reason, splits] : tally.removed) {
    std::vector<Cell> row = {reason, meaning_of(reason)};
    for (const auto& [split, contents] : before.splits)
      row.emplace_back(splits.contains(split) ? number(splits.at(split)) : "0");
    grid.rows.push_back(std::move(row));
  }
  return grid.rows.empty() ? report::paragraph("Nothing was removed.") : report::table(grid);
}

std::string splits_table(const Dataset& before, const Dataset& after) {
  Grid grid{{"Split", "before", "after"}, {}};
  for (const auto& [name, split] : before.splits) {
    const auto now = after.splits.find(name);
    grid.rows.push_back(
        {name, number(split.samples), number(now == after.splits.end() ? 0 : now->second.samples)});
  }
  return report::table(grid);
}

// Train, by class: cleaning should not tip the balance unseen.
std::string classes_table(const Dataset& before, const Dataset& after) {
  const auto had = before.splits.find("train"), have = after.splits.find("train");
  if (before.classes.empty() || had == before.splits.end() || have == after.splits.end()) return {};
  Grid grid{{"Class of train", "before", "after"}, {}};
  for (size_t i = 0; i < before.classes.size() && i < have->second.class_counts.size(); ++i) {
    grid.rows.push_back(
        {before.classes[i], number(had->second.class_counts[i]), number(have->second.class_counts[i])});
  }
  return report::table(grid);
}

std::string caption(const std::string& place, const Exhibits& exhibits) {
  const auto found = exhibits.find(place);
  return found == exhibits.end() || found->second.label.empty() ? place : place + " · " + found->second.label;
}

void add_picture(const std::string& place, const std::string& note, Tone tone, const Exhibits& exhibits,
                 std::vector<report::Picture>& pictures) {
  const auto found = exhibits.find(place);
  if (found == exhibits.end() || found->second.thumbnail.empty()) return;
  pictures.push_back({"image/png", found->second.thumbnail, caption(place, exhibits), note, tone});
}

// Pictures side by side with what they were compared with; what cannot be shown as one, in a table.
std::string show_images(const std::vector<Finding>& findings, const Exhibits& exhibits) {
  std::vector<std::string> pairs;
  std::vector<report::Picture> pictures;
  Grid rest{{"Item", "Why"}, {}, 2};
  for (const Finding& finding : findings) {
    std::vector<report::Picture> pair;
    add_picture(finding.place, finding.detail, Tone::bad, exhibits, pair);
    if (pair.empty()) {
      rest.rows.push_back({finding.place, finding.detail});
    } else if (finding.other.empty()) {
      pictures.push_back(std::move(pair[0]));
    } else {
      add_picture(finding.other, "stays", Tone::good, exhibits, pair);
      pairs.push_back(report::gallery(pair));
    }
  }
  std::string html = pairs.empty() ? "" : report::columns(pairs);
  if (!pictures.empty()) html += report::gallery(pictures);
  return rest.rows.empty() ? html : html + report::table(rest);
}

std::string show_texts(const std::vector<Finding>& findings, const Exhibits& exhibits) {
  const auto text = [&](const std::string& place) {
    const auto found = exhibits.find(place);
    return found == exhibits.end() ? std::string() : found->second.text;
  };
  const bool pairs = !findings.front().other.empty();
  Grid grid{{"Item", "Content"}, {}, 4};
  grid.header.insert(grid.header.end(), pairs ? std::initializer_list<std::string>{"Compared with", "Content"}
                                              : std::initializer_list<std::string>{"Why"});
  for (const Finding& finding : findings) {
    std::vector<Cell> row = {caption(finding.place, exhibits), text(finding.place)};
    if (pairs) {
      row.emplace_back(caption(finding.other, exhibits));
      row.emplace_back(text(finding.other));
    } else {
      row.emplace_back(finding.detail);
    }
    grid.rows.push_back(std::move(row));
  }
  return report::table(grid);
}

void add_findings(report::Page& page, const Dataset& before, const Findings& findings,
                  const Exhibits& exhibits) {
  for (const auto& [reason, list] : findings) {
    page.section(
        reason, fmt::format("{}. The first {}.", meaning_of(reason), list.size()),
        before.kind == DatasetKind::image ? show_images(list, exhibits) : show_texts(list, exhibits));
  }
}

// The share of values up to x, a line between the deciles that the statistics hold.
double share_below(const FeatureStats& stats, double x) {
  std::vector<double> points = {stats.min};
  points.insert(points.end(), stats.edges.begin(), stats.edges.end());
  points.push_back(stats.max);
  double below = 0;
  for (size_t i = 0; i + 1 < points.size(); ++i) {
    const double width = points[i + 1] - points[i], count = static_cast<double>(stats.bins[i]);
    below += count * (width > 0 ? std::clamp((x - points[i]) / width, 0.0, 1.0) : x >= points[i] ? 1.0 : 0.0);
  }
  return stats.count > 0 ? below / static_cast<double>(stats.count) : 0;
}

std::string distribution(const FeatureStats& before, const FeatureStats& after) {
  const double low = after.min, high = after.max;
  if (!(high > low) || before.bins.size() != before.edges.size() + 1 ||
      after.bins.size() != after.edges.size() + 1)
    return {};
  std::vector<double> edges;
  for (size_t i = 0; i <= kBins; ++i) edges.push_back(low + (high - low) * static_cast<double>(i) / kBins);
  const auto shares = [&](const FeatureStats& stats) {
    std::vector<double> values;
    for (size_t i = 0; i < kBins; ++i)
      values.push_back(100 *
                       (share_below(stats, edges[i + 1]) - (i == 0 ? 0 : share_below(stats, edges[i]))));
    values.back() += 100 * (1 - share_below(stats, high));
    return values;
  };
  return report::histogram({before.name, before.name, "% of train"}, edges,
                           {{"before", shares(before)}, {"after", shares(after)}});
}

const FeatureStats* find_stats(const Dataset& dataset, const std::string& name) {
  const auto found = std::find_if(dataset.statistics.begin(), dataset.statistics.end(),
                                  [&](const FeatureStats& stats) { return stats.name == name; });
  return found == dataset.statistics.end() ? nullptr : &*found;
}

std::string distributions(const Dataset& before, const Dataset& after) {
  std::vector<std::string> charts;
  for (const FeatureStats& had : before.statistics) {
    const FeatureStats* have = find_stats(after, had.name);
    if (had.categorical || have == nullptr || have->categorical) continue;
    const std::string chart = distribution(had, *have);
    if (!chart.empty()) charts.push_back(chart);
  }
  return charts.empty() ? "" : report::columns(charts);
}

std::string missing_table(const Dataset& before, const Dataset& after, const Tally& tally) {
  Grid grid{{"Feature", "missing in train before", "share", "after", "filled in all splits"}, {}};
  for (const FeatureStats& had : before.statistics) {
    const FeatureStats* have = find_stats(after, had.name);
    const auto filled = tally.filled.find(had.name);
    if (had.missing == 0 && (have == nullptr || have->missing == 0) && filled == tally.filled.end()) continue;
    const double share =
        static_cast<double>(had.missing) / static_cast<double>(std::max<int64_t>(1, had.missing + had.count));
    grid.rows.push_back({had.name, number(had.missing), Cell(fmt::format("{:.1f} %", 100 * share), share),
                         have == nullptr ? "column dropped" : number(have->missing),
                         number(filled == tally.filled.end() ? 0 : filled->second)});
  }
  return grid.rows.empty() ? "" : report::table(grid);
}

std::string columns_text(const Dataset& after) {
  std::string html;
  const std::pair<const char*, const char*> kinds[] = {{"constantColumns", "Constant in train, kept: "},
                                                       {"droppedColumns", "Constant in train, dropped: "}};
  for (const auto& [key, title] : kinds) {
    if (after.lineage.contains(key))
      html += report::paragraph(title + join(after.lineage.at(key).get<std::vector<std::string>>(), ", "));
  }
  return html;
}

std::string masked_table(const Tally& tally) {
  Grid grid{{"Kind", "found and masked"}, {}};
  for (const auto& [kind, count] : tally.masked) grid.rows.push_back({kind, number(count)});
  return grid.rows.empty() ? "" : report::table(grid);
}

void add_section(report::Page& page, const char* title, const char* note, const std::string& html) {
  if (!html.empty()) page.section(title, note, html);
}

std::set<std::string> places_of(const Findings& a, const Findings& b) {
  std::set<std::string> places;
  for (const Findings* findings : {&a, &b}) {
    for (const auto& [reason, list] : *findings) {
      for (const Finding& finding : list) places.insert({finding.place, finding.other});
    }
  }
  places.erase("");
  return places;
}

}  // namespace

Result<std::string> clean_report(const CleanReportInput& input) {
  const Tally tally = tally_from_json(input.after.lineage);
  const Findings rejects =
      TRY(sample_findings(input.after_shards, input.after, "rejects.jsonl", kOfEachReason));
  const Findings suspects =
      TRY(sample_findings(input.after_shards, input.after, "suspects.jsonl", kOfEachReason));
  const Exhibits exhibits = TRY(exhibits_of(input.before_shards, input.before, places_of(rejects, suspects)));

  report::Page page("Cleaning", fmt::format("dataset of kind {}", name(input.before.kind)));
  page.lead(lead(input.before, input.after, tally));
  page.section("Removed", "All of it is listed in rejects.jsonl.", removed_table(input.before, tally));
  page.section(
      "Before and after", "",
      report::columns({splits_table(input.before, input.after), classes_table(input.before, input.after)}));
  add_findings(page, input.before, rejects, exhibits);
  add_findings(page, input.before, suspects, exhibits);
  add_section(page, "Missing values", "Statistics are of train.",
              missing_table(input.before, input.after, tally));
  add_section(page, "Columns", "", columns_text(input.after));
  add_section(page, "Personal data", "", masked_table(tally));
  add_section(page, "Distributions",
              "Shares of train, drawn from its deciles; "
              "what lies outside the range after cleaning is in the outermost bars.",
              distributions(input.before, input.after));
  return page.html();
}

}  // namespace mlctl
