#pragma once
// Identifies a process for good: pids are reused, so it is known by pid, start time and boot.

#include <cstdint>
#include <string>
#include <vector>

#include "core/sys/clock.h"

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
std::vector<ProcessId> children_of(int64_t pid);

// Waits until nothing is left of the process, not even a zombie: a child of this process is reaped; one of
// another process is given a little time. False when it still runs after `seconds`.
bool wait_for_end(const ProcessId& process, double seconds, Clock& clock);
// Asks it to end (SIGTERM), kills it after `patience` seconds, and waits for its end.
void end_process(const ProcessId& process, double patience, Clock& clock);
std::string host_name();

}  // namespace mlctl::sys
