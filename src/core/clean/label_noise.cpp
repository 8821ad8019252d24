#include "core/clean/label_noise.h"

#include <algorithm>
#include <cmath>

#include "core/base/in_order.h"
#include "core/data/cells.h"
#include "core/sys/cpu.h"

namespace mlctl {

Neighbourhood::Neighbourhood(const std::vector<Column>& columns, size_t classes) : label_counts_(classes) {
  for (size_t c = 0; c < columns.size(); ++c) {
    if (columns[c].role != Role::feature || columns[c].type == ColumnType::text) continue;
    Feature feature;
    feature.column = c;
    feature.schema = &columns[c];
    feature.category = columns[c].type == ColumnType::category;
    features_.push_back(std::move(feature));
  }
}

double Neighbourhood::value_of(Feature& feature, std::string_view cell) const {
  if (feature.category) {
    const auto found = feature.codes.find(cell);
    if (found != feature.codes.end()) return found->second;
    return feature.codes.emplace(cell, static_cast<double>(feature.codes.size())).first->second;
  }
  const double number = cell_number(feature.schema->type, cell, feature.schema->form).value_or(std::nan(""));
  if (std::isfinite(number)) feature.moments.add(number);
  return number;
}

void Neighbourhood::add(uint32_t item, int32_t label, const std::vector<std::string_view>& fields) {
  for (Feature& feature : features_) feature.cells.push_back(value_of(feature, fields[feature.column]));
  rows_.push_back({item, label});
  ++label_counts_[static_cast<size_t>(label)];
}

void Neighbourhood::settle() {
  std::erase_if(features_, [](const Feature& feature) {
    const double spread = feature.moments.stddev();
    return feature.category ? feature.codes.size() < 2 : !(spread > 0) || !std::isfinite(spread);
  });
  for (Feature& feature : features_) {
    const double mean = feature.category ? 0 : feature.moments.mean;
    const double spread = feature.category ? 1 : feature.moments.stddev();
    feature.values.assign((rows_.size() + kTile - 1) / kTile * kTile, 0);
    for (size_t row = 0; row < rows_.size(); ++row) {
      const double cell = feature.cells[row];
      if (std::isfinite(cell)) feature.values[row] = static_cast<float>((cell - mean) / spread);
    }
  }
}

Neighbourhood::Neighbours Neighbourhood::nearest(size_t row) const {
  Neighbours best;
  std::array<float, kTile> distances;
  for (size_t tile = 0; tile < rows_.size(); tile += kTile) {
    distances.fill(0);
    for (const Feature& feature : features_) {
      const float own = feature.values[row], *const others = feature.values.data() + tile;
      if (feature.category) {  // two of the one-hot columns differ by one
        for (size_t at = 0; at < kTile; ++at) distances[at] += others[at] == own ? 0.0F : 2.0F;
      } else {
        for (size_t at = 0; at < kTile; ++at) distances[at] += (others[at] - own) * (others[at] - own);
      }
    }
    for (size_t at = 0; at < std::min(kTile, rows_.size() - tile); ++at) {
      if (distances[at] >= best.back().distance || tile + at == row) continue;
      size_t place = kNeighbours - 1;  // of equals the earlier row stays first
      for (; place > 0 && best[place - 1].distance > distances[at]; --place) best[place] = best[place - 1];
      best[place] = {distances[at], tile + at};
    }
  }
  return best;
}

// How often at least `count` of the neighbours would have the label if it had nothing to do with the
// features.
double Neighbourhood::chance(int32_t label, size_t count) const {
  const double share =
      static_cast<double>(label_counts_[static_cast<size_t>(label)]) / static_cast<double>(rows_.size());
  double sum = 0, ways = 1;  // kNeighbours over k, from k = kNeighbours downwards
  for (size_t k = kNeighbours; k >= count; --k) {
    sum += ways * std::pow(share, k) * std::pow(1 - share, kNeighbours - k);
    ways *= static_cast<double>(k) / static_cast<double>(kNeighbours - k + 1);
  }
  return sum;
}

std::optional<Suspect> Neighbourhood::judge(size_t row) const {
  if (rows_.size() <= kNeighbours || features_.empty()) return std::nullopt;
  const Neighbours neighbours = nearest(row);
  const auto count_of = [&](int32_t label) {
    return static_cast<size_t>(
        std::count_if(neighbours.begin(), neighbours.end(),
                      [&](const Neighbour& each) { return rows_[each.row].label == label; }));
  };
  for (const Neighbour& each : neighbours) {
    const int32_t rival = rows_[each.row].label;
    const size_t count = count_of(rival);
    if (count < kContradicting) continue;
    if (rival == rows_[row].label || chance(rival, count) >= kUnlikely) break;
    return Suspect{Suspicion::unlikely_label, rows_[row].item, rows_[each.row].item};
  }
  return std::nullopt;
}

namespace {

constexpr size_t kRowsAtATime = 256;  // a thread's portion

struct Span {
  size_t begin, end;
};

Result<Neighbourhood> gather(const CleanWork& work) {
  Neighbourhood rows(work.input().columns, work.input().classes.size());
  const TrainSample sample(work.input(), kComparedRows);
  for (const Shard& shard : work.items.shards()) {
    if (shard.split != kTrain) continue;
    TRY(work.for_each_item(shard, [&](uint32_t item, const Sample& row) -> Result<> {
      const bool stays = work.decisions.verdicts[item].reason == Reason::none;
      if (stays && row.label >= 0 && sample.takes(item)) rows.add(item, row.label, row.fields);
      return {};
    }));
  }
  rows.settle();
  return rows;
}

}  // namespace

Result<std::vector<Suspect>> unlikely_labels(const CleanWork& work) {
  std::vector<Suspect> suspects;
  if (work.input().kind != DatasetKind::table || !work.input().classification()) return suspects;
  const Neighbourhood rows = TRY(gather(work));
  uint64_t judged = 0;
  Ordered<Span, std::vector<Suspect>> ordered(
      sys::default_threads(),
      [&](const Span& span) {
        std::vector<Suspect> found;
        for (size_t row = span.begin; row < span.end; ++row) {
          if (const auto suspect = rows.judge(row)) found.push_back(*suspect);
        }
        return found;
      },
      [&](const std::vector<Suspect>& found) -> Result<> {
        suspects.insert(suspects.end(), found.begin(), found.end());
        work.host.progress("compare", "rows", judged = std::min<uint64_t>(judged + kRowsAtATime, rows.size()),
                           rows.size());
        return work.host.stop ? Result<>(fail(interrupted())) : Result<>{};
      });
  for (size_t row = 0; row < rows.size(); row += kRowsAtATime)
    TRY(ordered.push({row, std::min(row + kRowsAtATime, rows.size())}));
  TRY(ordered.finish());
  return suspects;
}

}  // namespace mlctl
