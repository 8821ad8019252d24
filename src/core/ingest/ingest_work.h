#pragma once
// Shared by all kinds of ingest: the run in progress, and the limits and checks they all apply.

#include <string>
#include <vector>

#include "core/data/dataset_writer.h"
#include "core/ingest/ingest.h"
#include "core/ingest/rows.h"

namespace mlctl {

// Bad items so far: how many, and the first ones for the message.
struct BadItems {
  int64_t count = 0, labels = 0;  // labels: those of them that lack a label
  std::vector<Reject> first;
  bool partial = false;  // items are still to be looked at
  // Too many are bad, and enough is known for the message.
  bool enough(int64_t allowed) const;
  void add(Reject reject);
};
// → 7 when more items are bad than allowed, naming the first and the flag that lets them pass.
Result<> check_bad(const BadItems& bad, int64_t items, const BadLimit& limit);

struct IngestWork {
  const IngestRequest& request;
  const IngestHost& host;
  OutputFolder* output = nullptr;  // null in a dry run
  nlohmann::ordered_json lineage;
};

// Each fills in the outcome; `stopped` when the user asked to stop.
Result<IngestOutcome> ingest_rows(IngestWork& work);  // table, text, ratings
Result<IngestOutcome> ingest_images(IngestWork& work);

void warn_of_one_class(const Dataset& dataset, const IngestHost& host);
// Classes without an example in train, which a model cannot learn.
void warn_of_unseen_classes(const Dataset& dataset, const IngestHost& host);

// Checks that local sources are as they were when they were hashed (→ 6). For remote sources, replaces the
// recorded state by the digest of what was read.
Result<> complete_lineage(const IngestWork& work, Dataset& dataset);

// An empty train split → 7.
Result<> check_samples(const DatasetWriter& writer, const IngestWork& work);

}  // namespace mlctl
