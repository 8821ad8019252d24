#pragma once
// The few items a report shows, out of rejects.jsonl and suspects.jsonl, with their content.

#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/data/shards.h"

namespace mlctl {

// One line of rejects.jsonl or suspects.jsonl: places are "train/000123".
struct Finding {
  std::string place, reason, detail;
  std::string other;  // "" or the item it is compared with
};

// The first few of each reason, in the order of the file; a file that is not listed has no findings.
Result<std::map<std::string, std::vector<Finding>>> sample_findings(Shards& shards, const Dataset& dataset,
                                                                    const std::string& jsonl, size_t of_each);

// An item as it can be shown.
struct Exhibit {
  std::string label;
  std::string thumbnail;  // a PNG of an image that decodes
  std::string text;       // of others: the text or the row, personal data redacted
};

// The items at these places, read in one pass over the splits they are in.
Result<std::map<std::string, Exhibit>> exhibits_of(Shards& shards, const Dataset& dataset,
                                                   const std::set<std::string>& places);

}  // namespace mlctl
