#include "core/sys/process.h"

#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <optional>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/sys/fs.h"

namespace mlctl::sys {

namespace {

// How long the system may take to reap an orphan, and a killed process to die.
constexpr double kReapSeconds = 2, kKillSeconds = 10;
constexpr double kPollSeconds = 0.02;

struct Entry {
  int64_t started = 0;
  bool zombie = false;
};

// Fields 3 and 22 of /proc/PID/stat (proc(5)). The second field, the command in parentheses, may hold blanks.
std::optional<Entry> process_entry(int64_t pid) {
  const Result<std::string> stat = read_file(fmt::format("/proc/{}/stat", pid));
  if (!stat) return std::nullopt;
  const size_t command_end = stat->rfind(") ");
  if (command_end == std::string::npos) return std::nullopt;
  const std::vector<std::string> fields = split(stat->substr(command_end + 2), ' ');
  constexpr size_t kStart = 22 - 3;
  constexpr size_t kState = 0;
  if (fields.size() <= kStart) return std::nullopt;
  return Entry{parse_int(fields[kStart]).value_or(0), fields[kState] == "Z"};
}

// A zombie does nothing any more.
int64_t start_ticks(int64_t pid) {
  const std::optional<Entry> entry = process_entry(pid);
  return entry && !entry->zombie ? entry->started : 0;
}

bool is_listed(const ProcessId& process) {
  const std::optional<Entry> entry = process_entry(process.pid);
  return process.started != 0 && entry && entry->started == process.started;
}

}  // namespace

ProcessId process_id(int64_t pid) {
  const Result<std::string> boot = read_file("/proc/sys/kernel/random/boot_id");
  return {pid, start_ticks(pid), boot ? std::string(trim(*boot)) : ""};
}

ProcessId current_process() {
  return process_id(::getpid());
}

bool is_running(const ProcessId& process) {
  const ProcessId now = process_id(process.pid);
  return now.started != 0 && now == process;
}

std::vector<ProcessId> children_of(int64_t pid) {
  std::vector<ProcessId> children;
  const Result<std::string> list = read_file(fmt::format("/proc/{0}/task/{0}/children", pid));
  for (const std::string& word : list ? split(*list, ' ') : std::vector<std::string>{}) {
    if (const Result<int64_t> child = parse_int(word)) children.push_back(process_id(*child));
  }
  return children;
}

bool wait_for_end(const ProcessId& process, double seconds, Clock& clock) {
  double ran = 0, lay = 0;
  while (is_listed(process)) {
    ::waitpid(static_cast<pid_t>(process.pid), nullptr, WNOHANG);
    double& waited = is_running(process) ? ran : lay;
    if (ran > seconds) return false;
    if (lay > kReapSeconds) return true;  // an init that reaps nothing
    clock.sleep(kPollSeconds);
    waited += kPollSeconds;
  }
  return true;
}

void end_process(const ProcessId& process, double patience, Clock& clock) {
  const auto pid = static_cast<pid_t>(process.pid);
  if (is_running(process)) ::kill(pid, SIGTERM);
  if (wait_for_end(process, patience, clock)) return;
  ::kill(pid, SIGKILL);
  wait_for_end(process, kKillSeconds, clock);
}

std::string host_name() {
  char name[256] = {};
  return ::gethostname(name, sizeof name - 1) == 0 ? name : "";
}

}  // namespace mlctl::sys
