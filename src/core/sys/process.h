#pragma once
// A process that outlives the memory of its number: pids are reused, so one is known by pid, start time and
// boot.

#include <cstdint>
#include <string>

namespace mlctl::sys {

struct ProcessId {
  int64_t pid = 0;
  int64_t started = 0;  // clock ticks after the boot
  std::string boot;     // the boot's id, "" where the system has none
  bool operator==(const ProcessId&) const = default;
};

ProcessId process_id(int64_t pid);  // of a running process; started is 0 when there is none
ProcessId current_process();
bool is_running(const ProcessId& process);
std::string host_name();

}  // namespace mlctl::sys
