#pragma once
// A supervisor's decisions, without processes or clocks: it is told what happened and when, and starts or
// stops workers through an interface. All workers of a new revision must be ready before the old ones
// drain. A revision that does not get there is given up, and the old one stays. Success or failure is
// reported only when the workers that have to go accept no more connections, so that every later request is
// answered by the revision that stays.

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/result.h"

namespace mlctl::serve {

// How a worker ended: in words, and as the exit code of a deployment that waited for it.
struct WorkerEnd {
  std::string how;  // "exited with 10: model.json: …", "killed by signal 9"
  Exit cause = Exit::failed;
};

class WorkerPool {
 public:
  virtual ~WorkerPool() = default;
  virtual Result<int> start(int64_t revision) = 0;  // a number for the worker (its pid)
  virtual void stop(int worker) = 0;                // finish what is in flight, then end
  virtual void kill(int worker) = 0;
};

struct RolloutLimits {
  double ready_seconds = 120;   // from start to ready, else the revision is given up
  double drain_seconds = 30;    // from stop to the end, else killed
  double first_backoff = 0.25;  // doubles with each crash in a row
  double last_backoff = 30;
  double calm_seconds = 60;  // up for this long: the crashes before are forgotten
};

class Rollout {
 public:
  struct Slot {
    enum class Phase { candidate, serving, draining } phase = Phase::candidate;
    int worker = 0;  // 0: between a crash and the restart
    int64_t revision = 0;
    bool ready = false;
    bool accepts = false;  // from ready until it has let go of the listening socket
    double since = 0;      // of the start, or of the stop
    double retry_at = 0;   // worker 0: when to start again
    int failures = 0;      // crashes in a row
  };

  Rollout(WorkerPool& pool, RolloutLimits limits) : pool_(&pool), limits_(limits) {}

  void want(int64_t generation, int64_t revision, int64_t replicas, double now);
  void on_ready(int worker, double now);
  void on_closed(int worker);  // it accepts no more connections
  void on_exit(int worker, const WorkerEnd& end, double now);
  void tick(double now);
  void stop_all(double now);

  const std::vector<Slot>& slots() const { return slots_; }
  const char* state() const;                      // starting | ready | degraded | failed
  int64_t observed() const { return observed_; }  // the last generation fulfilled or given up
  int64_t revision() const { return revision_; }  // the one that serves; 0: none
  int64_t restarts() const { return restarts_; }
  const std::string& message() const { return message_; }
  Exit cause() const { return cause_; }             // … as a code
  bool finished() const { return slots_.empty(); }  // nothing serves, nothing is about to

 private:
  void start(Slot& slot, double now);
  void drain(Slot& slot, double now);
  void promote(double now);
  void give_up(const WorkerEnd& why, double now);
  void crashed(Slot& slot, double now);
  void settle();
  Slot* find(int worker);

  WorkerPool* pool_;
  RolloutLimits limits_;
  std::vector<Slot> slots_;
  int64_t wanted_ = 0, decided_ = 0, observed_ = 0, revision_ = 0, restarts_ = 0;
  std::string message_;
  Exit cause_ = Exit::failed;
  bool stopping_ = false;
};

}  // namespace mlctl::serve
