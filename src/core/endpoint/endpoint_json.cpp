// The files of an endpoint's folder.

#include <fmt/format.h>

#include "core/endpoint/endpoints.h"
#include "core/sys/fs.h"
#include "core/text/json.h"

namespace mlctl::serve {

namespace {

using Json = nlohmann::ordered_json;

Json process_json(const sys::ProcessId& process) {
  return {{"pid", process.pid}, {"started", process.started}, {"boot", process.boot}};
}

sys::ProcessId process_from(const Json& json) {
  return {json.at("pid").get<int64_t>(), json.at("started").get<int64_t>(),
          json.at("boot").get<std::string>()};
}

Result<Json> read_document(const std::filesystem::path& path) {
  const std::string text = TRY(sys::read_file(path, uint64_t{16} << 20));
  return parse_json(text, path.string());
}

Result<> write_document(const std::filesystem::path& path, const Json& document) {
  const sys::PathAt place = TRY(sys::private_place(path.parent_path(), path.filename()));
  return sys::write_file(place, dump_json(document, 2) + "\n", 0600);
}

}  // namespace

std::filesystem::path revision_folder(const std::filesystem::path& folder, int64_t number) {
  return folder / "revisions" / std::to_string(number);
}

Result<> write_spec(const std::filesystem::path& folder, const EndpointSpec& spec) {
  return write_document(folder / "endpoint.json", {{"apiVersion", "mlctl.dev/v1"},
                                                   {"kind", "EndpointSpec"},
                                                   {"name", spec.name},
                                                   {"host", spec.host},
                                                   {"port", spec.port},
                                                   {"replicas", spec.replicas},
                                                   {"generation", spec.generation},
                                                   {"revision", spec.revision},
                                                   {"history", spec.history},
                                                   {"maxBatch", spec.max_batch},
                                                   {"maxQueue", spec.max_queue},
                                                   {"tokenFile", spec.token_file},
                                                   {"tlsCertificate", spec.tls_certificate},
                                                   {"tlsKey", spec.tls_key},
                                                   {"created", spec.created}});
}

Result<EndpointSpec> read_spec(const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / "endpoint.json";
  const Json json = TRY(read_document(path));
  return decode_json(path.string(), Exit::integrity, [&]() -> Result<EndpointSpec> {
    EndpointSpec spec;
    spec.name = json.at("name").get<std::string>();
    spec.host = json.at("host").get<std::string>();
    spec.port = json.at("port").get<int64_t>();
    spec.replicas = json.at("replicas").get<int64_t>();
    spec.generation = json.at("generation").get<int64_t>();
    spec.revision = json.at("revision").get<int64_t>();
    spec.history = json.at("history").get<std::vector<int64_t>>();
    spec.max_batch = json.at("maxBatch").get<int64_t>();
    spec.max_queue = json.at("maxQueue").get<int64_t>();
    spec.token_file = json.at("tokenFile").get<std::string>();
    spec.tls_certificate = json.at("tlsCertificate").get<std::string>();
    spec.tls_key = json.at("tlsKey").get<std::string>();
    spec.created = json.at("created").get<int64_t>();
    return spec;
  });
}

Result<> write_status(const std::filesystem::path& folder, const EndpointStatus& status) {
  Json workers = Json::array();
  for (const WorkerStatus& worker : status.workers) {
    workers.push_back(
        {{"process", process_json(worker.process)}, {"revision", worker.revision}, {"ready", worker.ready}});
  }
  return write_document(folder / "status.json", {{"apiVersion", "mlctl.dev/v1"},
                                                 {"kind", "EndpointStatus"},
                                                 {"supervisor", process_json(status.supervisor)},
                                                 {"url", status.url},
                                                 {"state", status.state},
                                                 {"observed", status.observed},
                                                 {"revision", status.revision},
                                                 {"restarts", status.restarts},
                                                 {"message", status.message},
                                                 {"exitCode", static_cast<int>(status.cause)},
                                                 {"workers", std::move(workers)}});
}

Result<EndpointStatus> read_status(const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / "status.json";
  const Json json = TRY(read_document(path));
  return decode_json(path.string(), Exit::integrity, [&]() -> Result<EndpointStatus> {
    EndpointStatus status;
    status.supervisor = process_from(json.at("supervisor"));
    status.url = json.at("url").get<std::string>();
    status.state = json.at("state").get<std::string>();
    status.observed = json.at("observed").get<int64_t>();
    status.revision = json.at("revision").get<int64_t>();
    status.restarts = json.at("restarts").get<int64_t>();
    status.message = json.at("message").get<std::string>();
    const bool timed_out = json.value("timedOut", false);  // of supervisors that an earlier mlctl started
    const int code = json.value("exitCode", static_cast<int>(timed_out ? Exit::timeout : Exit::failed));
    status.cause = code > 0 && code < 256 ? static_cast<Exit>(code) : Exit::failed;
    for (const Json& worker : json.at("workers")) {
      status.workers.push_back({process_from(worker.at("process")), worker.at("revision").get<int64_t>(),
                                worker.at("ready").get<bool>()});
    }
    return status;
  });
}

Result<> write_revision(const std::filesystem::path& folder, const EndpointRevision& revision) {
  return write_document(revision_folder(folder, revision.number) / "revision.json",
                        {{"number", revision.number},
                         {"model", revision.model},
                         {"digest", revision.digest},
                         {"forced", revision.forced},
                         {"created", revision.created}});
}

Result<EndpointRevision> read_revision(const std::filesystem::path& path) {
  const Json json = TRY(read_document(path));
  return decode_json(path.string(), Exit::integrity, [&]() -> Result<EndpointRevision> {
    return EndpointRevision{json.at("number").get<int64_t>(), json.at("model").get<std::string>(),
                            json.at("digest").get<std::string>(), json.at("forced").get<bool>(),
                            json.at("created").get<int64_t>()};
  });
}

Json to_json(const Endpoint& endpoint) {
  const EndpointSpec& spec = endpoint.spec;
  const EndpointStatus& status = endpoint.status;
  const EndpointRevision* const current = endpoint.revision(status.revision);
  Json revisions = Json::array();
  for (const EndpointRevision& revision : endpoint.revisions) {
    Json item = {{"revision", revision.number},
                 {"model", revision.model},
                 {"digest", revision.digest},
                 {"created", sys::rfc3339(revision.created)}};
    if (revision.forced) item["forced"] = true;
    revisions.push_back(std::move(item));
  }
  Json pids = Json::array();
  for (const WorkerStatus& worker : status.workers) pids.push_back(worker.process.pid);
  Json json = {{"name", spec.name},
               {"state", endpoint.state},
               {"url", status.url},
               {"revision", status.revision},
               {"model", current == nullptr ? "" : current->model},
               {"digest", current == nullptr ? "" : current->digest},
               {"replicas", spec.replicas},
               {"ready", endpoint.ready},
               {"restarts", status.restarts},
               {"pid", status.supervisor.pid},
               {"workers", std::move(pids)},
               {"created", sys::rfc3339(spec.created)},
               {"revisions", std::move(revisions)}};
  if (!status.message.empty()) json["message"] = status.message;
  return json;
}

}  // namespace mlctl::serve
