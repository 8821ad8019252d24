#include "core/sys/process.h"

#include <unistd.h>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/sys/fs.h"

namespace mlctl::sys {

namespace {

// Field 22 of /proc/PID/stat (proc(5)). The second field, the command in parentheses, may hold blanks.
int64_t start_ticks(int64_t pid) {
  const Result<std::string> stat = read_file(fmt::format("/proc/{}/stat", pid));
  if (!stat) return 0;
  const size_t command_end = stat->rfind(") ");
  if (command_end == std::string::npos) return 0;
  const std::vector<std::string> fields = split(stat->substr(command_end + 2), ' ');
  constexpr size_t kStart = 22 - 3;
  constexpr size_t kState = 0;
  if (fields.size() <= kStart || fields[kState] == "Z") return 0;  // a zombie does nothing any more
  return parse_int(fields[kStart]).value_or(0);
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

std::string host_name() {
  char name[256] = {};
  return ::gethostname(name, sizeof name - 1) == 0 ? name : "";
}

}  // namespace mlctl::sys
