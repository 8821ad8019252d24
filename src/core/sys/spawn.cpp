#include "core/sys/spawn.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>

#include <fmt/format.h>

namespace mlctl::sys {

namespace {

// Runs in the child, between fork and exec, so it may only call what a signal handler may. The child is
// killed with its parent: otherwise the parent could not be started again while the child still holds its
// output.
[[noreturn]] void become(char* const* argv, char* const* envp, pid_t parent, bool show_results) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);  // it was gone before
  // A group of its own: Ctrl-C reaches it once, through `stop`, and a second one does not end it unsaved.
  ::setpgid(0, 0);
  const int in = ::open("/dev/null", O_RDONLY);
  const int out = show_results ? STDERR_FILENO : ::open("/dev/null", O_WRONLY);
  ::dup2(in, STDIN_FILENO);
  ::dup2(out, STDOUT_FILENO);
  ::execve("/proc/self/exe", argv, envp);
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

// Points into `words`, which must outlive it.
std::vector<char*> argv_of(std::vector<std::string>& words) {
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  return argv;
}

constexpr size_t kLargestOutput = 1u << 20;

using Moment = std::chrono::steady_clock::time_point;

// True at the end of the output, false when the time is over.
bool read_until(int fd, Moment deadline, std::string& output) {
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd ready{fd, POLLIN, 0};
    if (left.count() <= 0 || ::poll(&ready, 1, static_cast<int>(left.count())) == 0) return false;
    char buffer[4096];
    const ssize_t got = ::read(fd, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0 || output.size() > kLargestOutput) return true;
    output.append(buffer, static_cast<size_t>(got));
  }
}

// Ignored signals would stay so across exec, and few programs expect it.
[[noreturn]] void become_other(char* const* argv, int out, pid_t parent) {
  ::signal(SIGPIPE, SIG_DFL);
  ::signal(SIGXFSZ, SIG_DFL);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);
  ::dup2(::open("/dev/null", O_RDONLY), STDIN_FILENO);
  ::dup2(out, STDOUT_FILENO);
  ::execvp(argv[0], argv);
  ::_exit(127);
}

}  // namespace

Result<std::string> run_and_read(const std::vector<std::string>& words, double timeout) {
  std::vector<std::string> copy = words;
  const std::vector<char*> argv = argv_of(copy);
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0)
    return fail(Exit::resource, fmt::format("cannot start {}: {}", words.front(), std::strerror(errno)));
  const pid_t parent = ::getpid(), child = ::fork();
  if (child == 0) become_other(argv.data(), ends[1], parent);
  ::close(ends[1]);
  std::string output;
  const auto deadline =
      std::chrono::steady_clock::now() + std::chrono::milliseconds(static_cast<int64_t>(timeout * 1e3));
  bool late = child > 0 && !read_until(ends[0], deadline, output);
  ::close(ends[0]);
  if (child < 0) return fail(Exit::resource, fmt::format("cannot start {}", words.front()));
  int status = 0;
  while (::waitpid(child, &status, WNOHANG) == 0) {
    late |= std::chrono::steady_clock::now() > deadline;
    if (late) ::kill(child, SIGKILL);
    ::usleep(1000);
  }
  if (late) return fail(Exit::timeout, fmt::format("{} did not end in time", words.front()));
  if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
    return fail(Exit::failed, fmt::format("{} cannot be started", words.front()));
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    return fail(Exit::failed, fmt::format("{} failed", words.front()));
  return output;
}

Result<int> run_self(const std::vector<std::string>& arguments, const StopFlag& stop, bool show_results,
                     const std::vector<std::string>& variables) {
  std::vector<std::string> words = arguments;
  words.insert(words.begin(), "mlctl");
  const std::vector<char*> argv = argv_of(words);
  std::vector<std::string> set = variables;
  std::vector<char*> envp = argv_of(set);
  for (char** each = environ; *each != nullptr; ++each) envp.insert(envp.end() - 1, *each);
  const pid_t parent = ::getpid(), child = ::fork();
  if (child == 0) become(argv.data(), envp.data(), parent, show_results);
  if (child < 0) return fail(Exit::resource, fmt::format("cannot start mlctl: {}", std::strerror(errno)));
  return wait_for(child, stop);
}

}  // namespace mlctl::sys
