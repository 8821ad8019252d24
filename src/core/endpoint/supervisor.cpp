#include "core/endpoint/supervisor.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <csignal>
#include <mutex>

#include <fmt/format.h>

#include "core/endpoint/endpoint_log.h"
#include "core/endpoint/endpoints.h"
#include "core/endpoint/rollout.h"
#include "core/endpoint/worker_process.h"
#include "core/http/http_server.h"
#include "core/sys/fs.h"

namespace mlctl::serve {

namespace {

constexpr int kPollMilliseconds = 50;

// The supervisor's state: the rollout with its processes, and the files it keeps.
class Supervisor {
 public:
  Supervisor(std::filesystem::path folder, sys::Clock& clock, EndpointLog log)
      : folder_(std::move(folder)),
        clock_(&clock),
        log_(std::move(log)),
        pool_(folder_, kListenFd),
        rollout_(pool_, {}) {
    status_.supervisor = sys::current_process();
  }

  Result<> run(const sys::StopFlag& stop) {
    TRY(follow_spec());
    log_.write("info", fmt::format("supervising {}", status_.url));
    bool stopping = false;
    do {
      if (stop && !stopping) {
        stopping = true;
        log_.write("info", "stopping");
        rollout_.stop_all(clock_->monotonic());
      }
      pool_.poll(kPollMilliseconds, events());
      (void)follow_spec();  // half a second without a readable wish is no reason to fall over
      rollout_.tick(clock_->monotonic());
      publish();
    } while (!rollout_.finished());
    log_.write("info", "ended");
    return {};
  }

 private:
  Result<> follow_spec() {
    const EndpointSpec spec = TRY(read_spec(folder_));
    const char* const scheme = spec.tls_certificate.empty() ? "http" : "https";
    status_.url = fmt::format("{}://{}", scheme, socket_address(kListenFd));
    if (spec.generation == generation_) return {};
    generation_ = spec.generation;
    log_.write("info", fmt::format("rolling out revision {}", spec.revision), spec.revision);
    rollout_.want(spec.generation, spec.revision, spec.replicas, clock_->monotonic());
    return {};
  }

  WorkerProcesses::Events events() {
    WorkerProcesses::Events events;
    events.ready = [this](int worker) { rollout_.on_ready(worker, clock_->monotonic()); };
    events.closed = [this](int worker) { rollout_.on_closed(worker); };
    events.exited = [this](int worker, const WorkerEnd& end) {
      log_.write("info", fmt::format("worker {} {}", worker, end.how), 0, worker);
      rollout_.on_exit(worker, end, clock_->monotonic());
    };
    events.line = [this](int worker, int64_t revision, std::string_view line) {
      log_.pass_on(line, revision, worker);
    };
    return events;
  }

  void publish() {
    EndpointStatus status = status_;
    status.state = rollout_.state();
    status.observed = rollout_.observed();
    status.revision = rollout_.revision();
    status.restarts = rollout_.restarts();
    status.message = rollout_.message();
    status.cause = rollout_.cause();
    std::string mark = fmt::format("{} {} {} {} {} {}", status.state, status.observed, status.revision,
                                   status.restarts, status.message, status.url);
    for (const Rollout::Slot& slot : rollout_.slots()) {
      if (slot.phase == Rollout::Slot::Phase::draining || !pool_.knows(slot.worker)) continue;
      status.workers.push_back({pool_.process(slot.worker), slot.revision, slot.ready});
      mark += fmt::format(" {}:{}", slot.worker, slot.ready);
    }
    // On a full disk the service goes on, and the status is written when there is room again.
    if (mark != published_ && write_status(folder_, status)) published_ = mark;
  }

  std::filesystem::path folder_;
  sys::Clock* clock_;
  EndpointLog log_;
  EndpointStatus status_;
  WorkerProcesses pool_;
  Rollout rollout_;
  int64_t generation_ = 0;
  std::string published_;
};

void keep_from_children(int fd) {
  ::fcntl(fd, F_SETFD, FD_CLOEXEC);
}

}  // namespace

Result<> spawn_supervisor(const std::filesystem::path& folder, int listen_fd) {
  const sys::PathAt log = TRY(sys::private_place(folder, "supervisor.log"));
  const sys::Fd output = TRY(sys::open_own(log, O_WRONLY | O_APPEND));
  if (::ftruncate(output.get(), 0) != 0) return fail(sys::os_error(errno, "cut", log.path()));
  const Result<int> pid = spawn_self({"__supervise", folder.string()}, {listen_fd}, output.get(), true);
  if (!pid) return fail(pid.error());
  return {};
}

Result<> supervise(const std::filesystem::path& folder, sys::Clock& clock, const sys::StopFlag& stop) {
  keep_from_children(kListenFd);
  std::signal(SIGHUP, SIG_IGN);
  const sys::PathAt place = TRY(sys::private_place(folder, "supervisor.lock"));
  const sys::Lock lock = TRY(sys::Lock::take(place));
  Supervisor supervisor(folder, clock, TRY(EndpointLog::open(folder, clock)));
  return supervisor.run(stop);
}

Result<> run_worker(const std::filesystem::path& folder, int64_t revision,
                    const std::function<Result<Engine*>()>& engine, sys::Clock&, const sys::StopFlag& stop) {
  keep_from_children(kListenFd);
  keep_from_children(kReadyFd);
  std::signal(SIGHUP, SIG_IGN);
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);  // no supervisor, no worker
  if (::getppid() == 1) return fail(Exit::failed, "the supervisor is gone");
  const EndpointSpec spec = TRY(read_spec(folder));
  ServeOptions options;
  options.model = revision_folder(folder, revision) / "model";
  options.name = spec.name;
  options.version = std::to_string(revision);
  options.listen_fd = kListenFd;
  options.token_file = spec.token_file;
  options.tls_certificate = spec.tls_certificate;
  options.tls_key = spec.tls_key;
  options.counters = revision_folder(folder, revision) / "counters";
  if (spec.max_batch > 0) options.batch.max_batch = spec.max_batch;
  if (spec.max_queue > 0) options.batch.max_queue = spec.max_queue;
  ServeEvents events;
  events.log = [](const char* level, const std::string& message) {
    const std::string line = worker_line(level, message);
    (void)!::write(STDERR_FILENO, line.data(), line.size());
  };
  events.ready = [&events](const std::string& url) {
    events.log("info", "ready on " + url);
    (void)!::write(kReadyFd, "\n", 1);
  };
  events.closed = [] { ::close(kReadyFd); };
  return run_server(options, engine, events, stop);
}

}  // namespace mlctl::serve
