#include "core/sys/spawn.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include <fmt/format.h>

namespace mlctl::sys {

namespace {

// posix_spawn's two descriptions of the child.
struct Plan {
  posix_spawn_file_actions_t actions{};
  posix_spawnattr_t attributes{};
  Plan() {
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawnattr_init(&attributes);
  }
  ~Plan() {
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
  }
  Plan(const Plan&) = delete;
  Plan& operator=(const Plan&) = delete;
};

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
  Plan plan;
  ::posix_spawn_file_actions_addopen(&plan.actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  if (show_results) {
    ::posix_spawn_file_actions_adddup2(&plan.actions, STDERR_FILENO, STDOUT_FILENO);
  } else {
    ::posix_spawn_file_actions_addopen(&plan.actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  }
  // A group of its own: Ctrl-C reaches it once, through `stop`, and a second one does not end it unsaved.
  ::posix_spawnattr_setflags(&plan.attributes, POSIX_SPAWN_SETPGROUP);
  ::posix_spawnattr_setpgroup(&plan.attributes, 0);
  pid_t child = 0;
  const int failed =
      ::posix_spawn(&child, "/proc/self/exe", &plan.actions, &plan.attributes, argv.data(), environ);
  if (failed != 0) return fail(Exit::resource, fmt::format("cannot start mlctl: {}", std::strerror(failed)));
  return wait_for(child, stop);
}

}  // namespace mlctl::sys
