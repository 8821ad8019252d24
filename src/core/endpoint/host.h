#pragma once
// Where endpoints run.

#include <functional>
#include <string>
#include <vector>

#include "core/endpoint/deploy.h"
#include "core/endpoint/endpoints.h"
#include "core/sys/clock.h"
#include "core/sys/stop.h"

namespace mlctl::serve {

class EndpointHost {
 public:
  virtual ~EndpointHost() = default;

  virtual std::vector<std::string> names() = 0;
  virtual Result<Endpoint> open(const std::string& name) = 0;         // unknown → 5 with the nearest name
  virtual Result<DeployPlan> plan(const DeployRequest& request) = 0;  // as plan_deploy
  virtual Result<Endpoint> deploy(const DeployRequest& request) = 0;  // as run_deploy
  // `revision` 0: the one that served before the current one.
  virtual Result<Endpoint> roll_back(const std::string& name, int64_t revision, double timeout) = 0;
  virtual Result<> remove(const std::string& name) = 0;  // waits until its processes are gone
  // The newest lines of its log, oldest first; `tail` -1: all.
  virtual Result<std::vector<std::string>> logs(const std::string& name, int64_t tail) = 0;
  // Each line that is written from now on, until `stop` says so or the endpoint is deleted.
  virtual Result<> follow(const std::string& name, const std::function<bool()>& stop,
                          const std::function<Result<>(const std::string&)>& take) = 0;
};

// Processes of this machine, with their records below `root`.
class LocalEndpoints : public EndpointHost {
 public:
  LocalEndpoints(std::filesystem::path root, sys::Clock& clock, const sys::StopFlag& stop)
      : root_(std::move(root)), clock_(clock), stop_(stop) {}

  std::vector<std::string> names() override;
  Result<Endpoint> open(const std::string& name) override;
  Result<DeployPlan> plan(const DeployRequest& request) override;
  Result<Endpoint> deploy(const DeployRequest& request) override;
  Result<Endpoint> roll_back(const std::string& name, int64_t revision, double timeout) override;
  Result<> remove(const std::string& name) override;
  Result<std::vector<std::string>> logs(const std::string& name, int64_t tail) override;
  Result<> follow(const std::string& name, const std::function<bool()>& stop,
                  const std::function<Result<>(const std::string&)>& take) override;

 private:
  std::filesystem::path root_;
  sys::Clock& clock_;
  const sys::StopFlag& stop_;
};

}  // namespace mlctl::serve
