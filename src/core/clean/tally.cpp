#include "core/clean/tally.h"

namespace mlctl {

using Json = nlohmann::ordered_json;
using Counts = std::map<std::string, int64_t>;

namespace {

void add(Counts& into, const Counts& from) {
  for (const auto& [name, count] : from) into[name] += count;
}

}  // namespace

void Tally::mask(const PiiMasker::Counts& counts) {
  for (size_t kind = 0; kind < kPiiKinds; ++kind) {
    if (counts[kind] > 0) masked[name(static_cast<Pii>(kind))] += counts[kind];
  }
}

void Tally::merge(const Tally& other) {
  for (const auto& [reason, splits] : other.removed) add(removed[reason], splits);
  add(suspects, other.suspects);
  add(masked, other.masked);
  add(filled, other.filled);
  leaks_kept += other.leaks_kept;
}

int64_t Tally::total_removed() const {
  int64_t total = 0;
  for (const auto& [reason, splits] : removed) {
    for (const auto& [split, count] : splits) total += count;
  }
  return total;
}

Json to_json(const Tally& tally) {
  Json json = {{"removed", tally.removed}};
  if (!tally.suspects.empty()) json["suspects"] = tally.suspects;
  if (!tally.masked.empty()) json["masked"] = tally.masked;
  if (!tally.filled.empty()) json["filled"] = tally.filled;
  if (tally.leaks_kept > 0) json["leaksKept"] = tally.leaks_kept;
  return json;
}

Tally tally_from_json(const Json& json) {
  Tally tally;
  tally.removed = json.value("removed", std::map<std::string, Counts>());
  tally.suspects = json.value("suspects", Counts());
  tally.masked = json.value("masked", Counts());
  tally.filled = json.value("filled", Counts());
  tally.leaks_kept = json.value("leaksKept", int64_t{0});
  return tally;
}

}  // namespace mlctl
