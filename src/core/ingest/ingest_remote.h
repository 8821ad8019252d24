#pragma once
// What ingest owes its sources that are files of rows in a store.

#include <vector>

#include "core/ingest/ingest_work.h"
#include "core/ingest/remote_text.h"

namespace mlctl {

std::vector<RemoteText*> remote_sources(const IngestWork& work);

// What whole readings found of each, for the journal of a run that goes on without one, and from it.
nlohmann::ordered_json sums_of(const IngestWork& work);
void take_sums(const IngestWork& work, const nlohmann::ordered_json& unit);

// read() is a pass over the sources. What a store sent is read again before it is blamed for what the way may
// have done to it.
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
