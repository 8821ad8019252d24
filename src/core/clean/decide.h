#pragma once
// What goes, judged over the whole dataset from the scans alone: bad items, leakage, duplicates; and which
// labels contradict each other.

#include <cstdint>
#include <vector>

#include "core/clean/reasons.h"
#include "core/clean/scan.h"

namespace mlctl {

struct Verdict {
  Reason reason = Reason::none;
  bool near = false;   // leakage: of a look-alike, not of the same bytes
  uint32_t other = 0;  // leakage, duplicates: the item that stays
};

struct Suspect {
  Suspicion suspicion;
  uint32_t item, other;
};

struct Decisions {
  std::vector<Verdict> verdicts;  // by ordinal
  std::vector<Suspect> suspects;  // by item, at most one each
  int64_t leaks = 0;              // found, whether dropped or only reported
};

// Adds suspects, except for items that are suspect already.
void add_suspects(Decisions& decisions, const std::vector<Suspect>& suspects);

Decisions decide(const Dataset& dataset, const CleanRules& rules, const Items& items, const Scans& scans);

}  // namespace mlctl
