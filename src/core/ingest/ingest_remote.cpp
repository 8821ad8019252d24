#include "core/ingest/ingest_remote.h"

#include <nlohmann/json.hpp>

namespace mlctl {

using Json = nlohmann::ordered_json;

std::vector<RemoteText*> remote_sources(const IngestWork& work) {
  std::vector<RemoteText*> found;
  for (const IngestSource& source : work.request.sources) {
    if (source.remote != nullptr) found.push_back(source.remote);
  }
  return found;
}

Json sums_of(const IngestWork& work) {
  Json sums = Json::array();
  for (const RemoteText* const source : remote_sources(work)) sums.push_back(source->sums());
  return sums;
}

void take_sums(const IngestWork& work, const Json& unit) {
  const auto sums = unit.value("sums", std::vector<std::string>());
  const std::vector<RemoteText*> sources = remote_sources(work);
  for (size_t k = 0; k < sources.size() && k < sums.size(); ++k) sources[k]->take_sums(sums[k]);
}

}  // namespace mlctl
