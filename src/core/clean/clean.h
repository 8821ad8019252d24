#pragma once
// Cleans a dataset into another: looks at every item (journalled by input shard), decides over all of them,
// then writes what stays (journalled again). Never moves an item between splits.

#include <filesystem>
#include <string>

#include "core/clean/spec.h"
#include "core/data/shards.h"
#include "core/ingest/ingest.h"

namespace mlctl {

struct CleanRequest {
  Shards& shards;          // of the input
  const Dataset& dataset;  // input's
  std::filesystem::path to;
  CleanRules rules;
  std::string pii_key;  // of hashed personal data: part of what decides the bytes
  bool overwrite = false, dry_run = false;
  Upkeep upkeep{};  // how to check an output that is at `to` already
  // Of variables in the rules: records name them instead of their values.
  std::vector<Expansion> expansions{};
};

enum class CleanState { written, up_to_date, planned, stopped };

struct CleanOutcome {
  CleanState state = CleanState::written;
  bool saved = false;  // stopped: some of the work is kept
  Dataset dataset;     // its lineage holds the tally (tally.h), constantColumns and droppedColumns
};

// Nothing to keep in train, or more bad items than allowed → 7; a file that changed since ingest → 10.
Result<CleanOutcome> clean(const CleanRequest& request, const IngestHost& host);

}  // namespace mlctl
