#pragma once
// Workers as child processes of the supervisor. Each has a pipe for its log, and one for its state: a byte
// in it says "ready", and its end says that the worker accepts no more connections.

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "core/endpoint/rollout.h"
#include "core/sys/process.h"

namespace mlctl::serve {

// Starts this same program, with only what it needs of the environment (worker_environment.h).
// `descriptors[i]` becomes descriptor 3 + i of the child; its output goes to `output`.
Result<int> spawn_self(const std::vector<std::string>& arguments, const std::vector<int>& descriptors,
                       int output, bool new_session);

class WorkerProcesses : public WorkerPool {
 public:
  struct Events {
    std::function<void(int worker)> ready, closed;
    std::function<void(int worker, const WorkerEnd& end)> exited;
    std::function<void(int worker, int64_t revision, std::string_view line)> line;  // of its output
  };

  WorkerProcesses(std::filesystem::path folder, int listen_fd)
      : folder_(std::move(folder)), listen_fd_(listen_fd) {}
  ~WorkerProcesses() override;
  WorkerProcesses(const WorkerProcesses&) = delete;
  WorkerProcesses& operator=(const WorkerProcesses&) = delete;

  Result<int> start(int64_t revision) override;
  void stop(int worker) override;
  void kill(int worker) override;

  // Waits up to `milliseconds` for output, then reports what happened.
  void poll(int milliseconds, const Events& events);
  const sys::ProcessId& process(int worker) const { return workers_.at(worker).process; }
  bool knows(int worker) const { return workers_.contains(worker); }

 private:
  struct Worker {
    int64_t revision = 0;
    sys::ProcessId process;
    int ready_fd = -1, log_fd = -1;
    std::string partial;    // a line that is not complete yet
    std::string last_line;  // for the reason of its end
  };
  void read_log(int id, Worker& worker, const Events& events);
  void read_ready(int id, Worker& worker, const Events& events);
  void reap(const Events& events);

  std::filesystem::path folder_;
  int listen_fd_;
  std::map<int, Worker> workers_;
};

}  // namespace mlctl::serve
