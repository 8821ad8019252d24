#include "core/sys/stop.h"

#include <unistd.h>

#include <csignal>

namespace mlctl::sys {

namespace {
// A signal handler has no argument to carry its state in; this pointer is set once, before any thread starts.
StopFlag* handler_flag = nullptr;

void on_signal(int signal) {
  if (*handler_flag) _exit(128 + signal);
  handler_flag->raise(signal);
}
}  // namespace

void catch_signals(StopFlag& flag) {
  handler_flag = &flag;
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // a file over its limit is an error of write(), like a full disk
}

}  // namespace mlctl::sys
