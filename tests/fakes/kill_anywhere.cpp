#include "fakes/kill_anywhere.h"

#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

namespace mlctl::test {

Death run_killed_at(int nth_system_call, const std::function<void()>& work) {
  constexpr int kCannotTrace = 99;
  const pid_t child = ::fork();
  if (child == 0) {
    if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) _exit(kCannotTrace);
    ::raise(SIGSTOP);
    work();
    _exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  if (WIFEXITED(status)) return Death::untraceable;
  ::ptrace(PTRACE_SETOPTIONS, child, nullptr, PTRACE_O_EXITKILL);
  for (int stops = 0; stops < 2 * nth_system_call - 1; ++stops) {  // a call stops on entry and on exit
    ::ptrace(PTRACE_SYSCALL, child, nullptr, nullptr);
    ::waitpid(child, &status, 0);
    if (WIFEXITED(status) || WIFSIGNALED(status)) return Death::finished;
  }
  ::kill(child, SIGKILL);
  ::waitpid(child, &status, 0);
  return Death::killed;
}

}  // namespace mlctl::test
