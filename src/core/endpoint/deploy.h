#pragma once
// Putting a model into service on this machine: a new endpoint, a new revision of one, or an old revision
// again.

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "core/endpoint/endpoints.h"
#include "core/sys/stop.h"

namespace mlctl::serve {

struct DeployRequest {
  std::string model;             // as the user wrote it
  std::filesystem::path folder;  // where that is
  std::string name;
  std::optional<std::string> host;  // empty: the endpoint's own, or 127.0.0.1
  std::optional<int64_t> port;      // empty: the endpoint's own, or the first free one from 8080 on
  std::optional<int64_t> replicas, max_batch, max_queue;
  std::string token_file, tls_certificate, tls_key;
  bool force = false;    // even if the endpoint served another kind of model
  bool forced = false;   // a failed gate is overruled
  double timeout = 150;  // seconds to be ready
};

struct DeployPlan {
  bool up_to_date = false;  // the same model with the same settings serves already
  bool is_new = false;      // no endpoint of that name yet
  EndpointSpec spec;        // what will be wanted
  EndpointRevision revision;
};

// Decides what has to be done and changes nothing. No model → 5, a damaged one → 10; a model that takes
// other inputs than the one in service → 7 unless forced; a token file or certificate that can't be used →
// 5, 3, 7.
Result<DeployPlan> plan_deploy(const std::filesystem::path& root, const DeployRequest& request,
                               sys::Clock& clock);

// Whether the model's last evaluation lets it be deployed: a failed gate → 11 unless `force`. `warn` is
// called when a failure is overruled and when there was no evaluation. Returns whether a failure was
// overruled.
Result<bool> check_gates(const std::filesystem::path& model, bool force,
                         const std::function<void(const std::string&)>& warn);

// Deploys and waits until the model serves. Port in use → 6; not ready in time → 13; a worker that ended →
// 1, with the log's last lines as the error's detail. After a failure the revision that served before goes
// on serving.
Result<Endpoint> run_deploy(const std::filesystem::path& root, const DeployRequest& request,
                            sys::Clock& clock, const sys::StopFlag& stop);

// `revision` 0: the one that served before the current one.
Result<Endpoint> roll_back(const std::filesystem::path& root, const std::string& name, int64_t revision,
                           double timeout, sys::Clock& clock, const sys::StopFlag& stop);

}  // namespace mlctl::serve
