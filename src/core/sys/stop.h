#pragma once
// Ctrl-C and SIGTERM become a flag that long work polls between units. A second signal ends the process at
// once.

#include <atomic>

#include "core/base/result.h"

namespace mlctl::sys {

class StopFlag {
 public:
  void raise(int signal) { signal_.store(signal, std::memory_order_relaxed); }
  int signal() const { return signal_.load(std::memory_order_relaxed); }  // 0 while nobody asked
  explicit operator bool() const { return signal() != 0; }
  // The exit code when nothing was saved: 130 or 143.
  Exit code() const { return signal() == 15 ? Exit::sigterm : Exit::sigint; }

 private:
  std::atomic<int> signal_{0};
};

// Routes SIGINT and SIGTERM to `flag`, which must outlive the process's work. Ignores SIGPIPE and SIGXFSZ:
// write() reports the same as an error.
void catch_signals(StopFlag& flag);

}  // namespace mlctl::sys
