#include <fmt/format.h>

#include "cmd/shell/endpoint_words.h"
#include "cmd/show/show.h"
#include "core/base/strings.h"
#include "core/endpoint/host.h"
#include "core/run/lineage.h"

namespace mlctl {

namespace {

Json shown_json(const serve::Endpoint& endpoint) {
  return document("Endpoint", to_json(endpoint));
}

Result<Shown> summary(Inventory& inventory, const std::string& name) {
  const serve::Endpoint endpoint = TRY(inventory.context.endpoints()->open(name));
  const serve::EndpointRevision* current = endpoint.revision(endpoint.status.revision);
  return Shown{
      shown_json(endpoint),
      "endpoint/" + endpoint.spec.name,
      {endpoint.spec.name, endpoint.state, fmt::format("{}/{}", endpoint.ready, endpoint.spec.replicas),
       endpoint.status.url, current == nullptr ? "" : current->model,
       std::to_string(endpoint.status.revision), age(inventory, sys::rfc3339(endpoint.spec.created)),
       std::to_string(endpoint.status.restarts), current == nullptr ? "" : short_digest(current->digest)},
      {}};
}

std::string revisions_text(const serve::Endpoint& endpoint) {
  Table table{{"  REVISION", "MODEL", "DIGEST", "CREATED", ""}, {}};
  for (const serve::EndpointRevision& revision : endpoint.revisions) {
    std::vector<std::string> notes;
    if (revision.number == endpoint.status.revision) notes.emplace_back("serves");
    if (revision.forced) notes.emplace_back("forced past a failed gate");
    table.rows.push_back({fmt::format("  {}", revision.number), revision.model, short_digest(revision.digest),
                          sys::rfc3339(revision.created), join(notes, ", ")});
  }
  return table.rows.empty() ? "" : render(table, true);
}

Result<Shown> description(Inventory& inventory, const std::string& name) {
  const serve::Endpoint endpoint = TRY(inventory.context.endpoints()->open(name));
  const serve::EndpointRevision* current = endpoint.revision(endpoint.status.revision);
  const std::vector<RunRecord> sources = sources_of(inventory.runs, endpoint);
  Json shown = shown_json(endpoint);
  shown["madeBy"] = lineage_json(sources);
  std::string text = fields({{"Endpoint", endpoint.spec.name},
                             {"State", endpoint.state},
                             {"Message", endpoint.status.message},
                             {"URL", endpoint.status.url},
                             {"Workers", fmt::format("{} of {} ready, {} restarts", endpoint.ready,
                                                     endpoint.spec.replicas, endpoint.status.restarts)},
                             {"Model", current == nullptr ? "" : current->model},
                             {"Created", sys::rfc3339(endpoint.spec.created)}});
  text += section("Revisions", revisions_text(endpoint));
  text += section("Made by", lineage_text(sources));
  return Shown{shown, "endpoint/" + endpoint.spec.name, {}, text};
}

}  // namespace

const ResourceView& endpoint_view() {
  static const ResourceView view = {
      ResourceType::endpoint,
      {"NAME", "STATE", "READY", "URL", "MODEL", "REVISION", "AGE", "RESTARTS", "DIGEST"},
      7,
      summary,
      description};
  return view;
}

}  // namespace mlctl
