#pragma once
// Local endpoints on disk. ROOT is `endpoints` in the user's state folder; ROOT/NAME/ holds
//
//   endpoint.json            the wanted state; written by deploy and rollback, watched by the supervisor
//   status.json              the actual state; written by the supervisor
//   log.jsonl                what supervisor and workers said (log.1.jsonl: before the last rotation)
//   revisions/N/             one deployed revision:
//     revision.json          its EndpointRevision
//     model/                 a copy of the model: later changes of the original do not matter
//     counters               shared by its workers: requests, inputs and predictions seen

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/base/result.h"
#include "core/sys/clock.h"
#include "core/sys/process.h"

namespace mlctl::serve {

struct EndpointSpec {
  std::string name, host = "127.0.0.1";
  int64_t port = 0, replicas = 1;
  // Grows with each change; status.observed is the one the supervisor has reached.
  int64_t generation = 0;
  int64_t revision = 0;                  // the one that should serve
  std::vector<int64_t> history;          // revisions in the order they came to serve, the current one last
  int64_t max_batch = 0, max_queue = 0;  // 0: the server's defaults
  std::string token_file, tls_certificate, tls_key;
  int64_t created = 0;  // Unix milliseconds
};

struct EndpointRevision {
  int64_t number = 0;
  std::string model;    // as the user wrote it
  std::string digest;   // model_digest of the copy
  bool forced = false;  // deployed although its last evaluation had failed a gate
  int64_t created = 0;  // Unix milliseconds
};

struct WorkerStatus {
  sys::ProcessId process;
  int64_t revision = 0;
  bool ready = false;
};

struct EndpointStatus {
  sys::ProcessId supervisor;
  std::string url;                 // "http://127.0.0.1:8080"
  std::string state = "starting";  // starting | ready | degraded | failed
  int64_t observed = 0;            // the last generation that was fulfilled or given up
  int64_t revision = 0;            // the one that serves; 0: none
  int64_t restarts = 0;            // of workers that ended by themselves
  std::string message;             // why the last generation was given up
  Exit cause = Exit::failed;       // … and the exit code of that deployment
  std::vector<WorkerStatus> workers;
};

// One endpoint as `get` and `describe` show it.
struct Endpoint {
  EndpointSpec spec;
  EndpointStatus status;
  std::vector<EndpointRevision> revisions;  // by number
  std::string state;                        // as status.state, but "down" when its supervisor does not run
  int64_t ready = 0;                        // workers that serve

  const EndpointRevision* revision(int64_t number) const;  // null when there is none
};

// {name, state, url, revision, replicas, ready, restarts, pid, model, digest, created, revisions, …}
nlohmann::ordered_json to_json(const Endpoint& endpoint);

std::vector<std::string> endpoint_names(const std::filesystem::path& root);
// Unknown → 5 with the nearest name.
Result<Endpoint> open_endpoint(const std::filesystem::path& root, const std::string& name);
// Letters, digits, '-', '.' and '_', at most 63, the first a letter or digit; else 2.
Result<> check_endpoint_name(const std::string& name);

// Stops the supervisor and its workers (which finish what is in flight), waits until they are gone, and
// removes the record.
Result<> delete_endpoint(const std::filesystem::path& root, const std::string& name, sys::Clock& clock);

Result<EndpointSpec> read_spec(const std::filesystem::path& folder);
Result<> write_spec(const std::filesystem::path& folder, const EndpointSpec& spec);
Result<EndpointStatus> read_status(const std::filesystem::path& folder);
Result<> write_status(const std::filesystem::path& folder, const EndpointStatus& status);
Result<EndpointRevision> read_revision(const std::filesystem::path& revision_json);
Result<> write_revision(const std::filesystem::path& folder, const EndpointRevision& revision);
std::filesystem::path revision_folder(const std::filesystem::path& folder, int64_t number);

}  // namespace mlctl::serve
