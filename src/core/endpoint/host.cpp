#include "core/endpoint/host.h"

#include "core/endpoint/endpoint_log.h"

namespace mlctl::serve {

std::vector<std::string> LocalEndpoints::names() {
  return endpoint_names(root_);
}

Result<Endpoint> LocalEndpoints::open(const std::string& name) {
  return open_endpoint(root_, name);
}

Result<DeployPlan> LocalEndpoints::plan(const DeployRequest& request) {
  return plan_deploy(root_, request, clock_);
}

Result<Endpoint> LocalEndpoints::deploy(const DeployRequest& request) {
  return run_deploy(root_, request, clock_, stop_);
}

Result<Endpoint> LocalEndpoints::roll_back(const std::string& name, int64_t revision, double timeout) {
  return serve::roll_back(root_, name, revision, timeout, clock_, stop_);
}

Result<> LocalEndpoints::remove(const std::string& name) {
  return delete_endpoint(root_, name, clock_);
}

Result<std::vector<std::string>> LocalEndpoints::logs(const std::string& name, int64_t tail) {
  return read_log(root_ / name, tail);
}

Result<> LocalEndpoints::follow(const std::string& name, const std::function<bool()>& stop,
                                const std::function<Result<>(const std::string&)>& take) {
  return follow_log(root_ / name, clock_, stop, take);
}

}  // namespace mlctl::serve
