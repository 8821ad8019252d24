#pragma once
// What cleaning did, counted: kept in the output's lineage, so that a finished dataset can tell it again.

#include <array>
#include <cstdint>
#include <map>
#include <string>

#include <nlohmann/json.hpp>

#include "core/clean/pii.h"
#include "core/clean/reasons.h"

namespace mlctl {

struct Tally {
  std::map<std::string, std::map<std::string, int64_t>> removed;  // by reason and split
  std::map<std::string, int64_t> suspects;                        // by suspicion
  std::map<std::string, int64_t> masked;                          // by kind of personal data
  std::map<std::string, int64_t> filled;                          // by column
  int64_t leaks_kept = 0;                                         // found under leakage: report

  void remove(Reason reason, const std::string& split) { ++removed[code(reason)][split]; }
  void mask(const PiiMasker::Counts& counts);
  void merge(const Tally& other);
  int64_t total_removed() const;
};

// Only what is not zero.
nlohmann::ordered_json to_json(const Tally& tally);
Tally tally_from_json(const nlohmann::ordered_json& json);

}  // namespace mlctl
