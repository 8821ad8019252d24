#include "core/sys/spawn.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include <fmt/format.h>

namespace mlctl::sys {

namespace {

// In the child, between fork and exec: only what a signal handler may call. Killed with its parent, which
// else could not be started again while this one still holds its output.
[[noreturn]] void become(char* const* argv, pid_t parent, bool show_results) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);  // it was gone before
  // A group of its own: Ctrl-C reaches it once, through `stop`, and a second one does not end it unsaved.
  ::setpgid(0, 0);
  const int in = ::open("/dev/null", O_RDONLY);
  const int out = show_results ? STDERR_FILENO : ::open("/dev/null", O_WRONLY);
  ::dup2(in, STDIN_FILENO);
  ::dup2(out, STDOUT_FILENO);
  ::execv("/proc/self/exe", argv);
  ::_exit(127);
}

int wait_for(pid_t child, const StopFlag& stop) {
  int status = 0, passed_on = 0;
  while (::waitpid(child, &status, WNOHANG) == 0) {
    if (stop && passed_on == 0) ::kill(child, passed_on = stop.signal());
    ::usleep(5000);
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

Result<int> run_self(const std::vector<std::string>& arguments, const StopFlag& stop, bool show_results) {
  std::vector<std::string> words = arguments;
  words.insert(words.begin(), "mlctl");
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const pid_t parent = ::getpid(), child = ::fork();
  if (child == 0) become(argv.data(), parent, show_results);
  if (child < 0) return fail(Exit::resource, fmt::format("cannot start mlctl: {}", std::strerror(errno)));
  return wait_for(child, stop);
}

}  // namespace mlctl::sys
