#include "core/endpoint/worker_process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include <fmt/format.h>

#include "core/endpoint/endpoint_log.h"
#include "core/endpoint/worker_environment.h"

extern char** environ;  // NOLINT: the system's name

namespace mlctl::serve {

namespace {

// Above every descriptor that a child uses, so that none is overwritten before it was copied.
constexpr int kSafeFd = 10;

struct SpawnPlan {
  posix_spawn_file_actions_t actions{};
  posix_spawnattr_t attributes{};
  SpawnPlan() {
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawnattr_init(&attributes);
  }
  ~SpawnPlan() {
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;
};

void close_all(const std::vector<int>& descriptors) {
  for (const int fd : descriptors) ::close(fd);
}

std::vector<std::string> own_environment() {
  std::vector<std::string> entries;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) entries.emplace_back(*entry);
  return entries;
}

// As exec takes them; they point into `words`.
std::vector<char*> pointers_to(std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  return pointers;
}

// A pipe whose ends children do not inherit; the read end does not block.
bool make_pipe(int (&ends)[2]) {
  if (::pipe2(ends, O_CLOEXEC) != 0) return false;
  ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
  return true;
}

}  // namespace

Result<int> spawn_self(const std::vector<std::string>& arguments, const std::vector<int>& descriptors,
                       int output, bool new_session) {
  SpawnPlan plan;
  std::vector<int> copies;
  int target = 3;
  for (const int fd : descriptors) {
    copies.push_back(::fcntl(fd, F_DUPFD_CLOEXEC, kSafeFd));
    ::posix_spawn_file_actions_adddup2(&plan.actions, copies.back(), target++);
  }
  copies.push_back(::fcntl(output, F_DUPFD_CLOEXEC, kSafeFd));
  ::posix_spawn_file_actions_adddup2(&plan.actions, copies.back(), STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&plan.actions, copies.back(), STDERR_FILENO);
  ::posix_spawn_file_actions_addopen(&plan.actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_addchdir_np(&plan.actions, "/");  // do not keep a file system busy
  if (new_session) ::posix_spawnattr_setflags(&plan.attributes, POSIX_SPAWN_SETSID);

  std::vector<std::string> words = {"mlctl"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<std::string> surroundings = worker_environment(own_environment());
  const std::vector<char*> argv = pointers_to(words), envp = pointers_to(surroundings);
  pid_t pid = 0;
  // The running program's own file, even if another was installed over it meanwhile.
  const int error =
      ::posix_spawn(&pid, "/proc/self/exe", &plan.actions, &plan.attributes, argv.data(), envp.data());
  close_all(copies);
  if (error != 0)
    return fail(Exit::resource, fmt::format("cannot start a process: {}", std::strerror(error)));
  return pid;
}

WorkerProcesses::~WorkerProcesses() {
  for (const auto& [id, worker] : workers_) close_all({worker.ready_fd, worker.log_fd});
}

Result<int> WorkerProcesses::start(int64_t revision) {
  int ready[2], log[2];
  if (!make_pipe(ready))
    return fail(Exit::resource, fmt::format("cannot make a pipe: {}", std::strerror(errno)));
  if (!make_pipe(log)) {
    close_all({ready[0], ready[1]});
    return fail(Exit::resource, fmt::format("cannot make a pipe: {}", std::strerror(errno)));
  }
  const Result<int> pid = spawn_self({"__worker", folder_.string(), std::to_string(revision)},
                                     {listen_fd_, ready[1]}, log[1], false);
  close_all({ready[1], log[1]});
  if (!pid) {
    close_all({ready[0], log[0]});
    return pid;
  }
  workers_[*pid] = {revision, sys::process_id(*pid), ready[0], log[0], {}, {}};
  return pid;
}

void WorkerProcesses::stop(int worker) {
  if (knows(worker)) ::kill(worker, SIGTERM);
}

void WorkerProcesses::kill(int worker) {
  if (knows(worker)) ::kill(worker, SIGKILL);
}

void WorkerProcesses::read_log(int id, Worker& worker, const Events& events) {
  std::array<char, 4096> buffer{};
  for (;;) {
    const ssize_t got = ::read(worker.log_fd, buffer.data(), buffer.size());
    if (got <= 0) return;
    worker.partial.append(buffer.data(), static_cast<size_t>(got));
    for (size_t end = 0; (end = worker.partial.find('\n')) != std::string::npos;) {
      worker.last_line = worker.partial.substr(0, end);
      worker.partial.erase(0, end + 1);
      events.line(id, worker.revision, worker.last_line);
    }
    if (worker.partial.size() > (size_t{64} << 10)) worker.partial.clear();  // no line of a log is that long
  }
}

void WorkerProcesses::read_ready(int id, Worker& worker, const Events& events) {
  char byte = 0;
  const ssize_t got = ::read(worker.ready_fd, &byte, 1);
  if (got < 0) return;
  if (got == 1) return events.ready(id);
  ::close(worker.ready_fd);
  worker.ready_fd = -1;
  events.closed(id);
}

void WorkerProcesses::reap(const Events& events) {
  int status = 0;
  for (pid_t pid = 0; (pid = ::waitpid(-1, &status, WNOHANG)) > 0;) {
    const auto found = workers_.find(pid);
    if (found == workers_.end()) continue;
    read_log(pid, found->second, events);
    std::string how = WIFSIGNALED(status) ? fmt::format("killed by signal {}", WTERMSIG(status))
                                          : fmt::format("exited with {}", WEXITSTATUS(status));
    if (status != 0 && !found->second.last_line.empty()) how += ": " + message_of(found->second.last_line);
    close_all({found->second.ready_fd, found->second.log_fd});
    workers_.erase(found);
    const bool told = WIFEXITED(status) && WEXITSTATUS(status) != 0;
    events.exited(pid, {std::move(how), told ? static_cast<Exit>(WEXITSTATUS(status)) : Exit::failed});
  }
}

void WorkerProcesses::poll(int milliseconds, const Events& events) {
  std::vector<pollfd> waits;
  for (const auto& [id, worker] : workers_) {
    waits.push_back({worker.log_fd, POLLIN, 0});
    if (worker.ready_fd >= 0) waits.push_back({worker.ready_fd, POLLIN, 0});
  }
  ::poll(waits.data(), waits.size(), milliseconds);
  std::vector<int> ids;
  for (const auto& [id, worker] : workers_) ids.push_back(id);
  for (const int id : ids) {
    Worker& worker = workers_.at(id);
    read_log(id, worker, events);
    if (worker.ready_fd >= 0) read_ready(id, worker, events);
  }
  reap(events);
}

}  // namespace mlctl::serve
