#pragma once
// What ingest does differently for sources that are files of rows in a store.

#include <vector>

#include "core/ingest/ingest_work.h"
#include "core/ingest/remote_text.h"

namespace mlctl {

std::vector<RemoteText*> remote_sources(const IngestWork& work);

// The checksums found by reading each source to its end: saved in the journal, and taken from it by a run
// that resumes without reading them again.
nlohmann::ordered_json sums_of(const IngestWork& work);
void take_sums(const IngestWork& work, const nlohmann::ordered_json& unit);

// Runs read(), a pass over the sources. When it finds bad data, the store's bytes are fetched again first:
// they may have been damaged on the way rather than in the source.
template <class Read>
auto read_soundly(const IngestWork& work, const Read& read) {
  auto made = read();
  if (made) return made;
  const bool torn = made.error().code == Exit::integrity;
  if (!torn && made.error().code != Exit::data) return made;
  for (RemoteText* const source : remote_sources(work)) {
    const Result<> same = torn ? fail(made.error()) : source->confirm();
    if (same) continue;
    if (same.error().code == Exit::integrity) return read();
    return decltype(made)(fail(same.error()));
  }
  return made;
}

}  // namespace mlctl
