#include "core/sys/fence.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <thread>

#include "core/sys/fs.h"
#include "fakes/temp_folder.h"

using namespace mlctl;

namespace {

// What `work` returns in a child process, whose fences end with it.
template <class Work>
int in_child(const Work& work) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(work());
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

constexpr int kNoFence = 99;

bool denied(long outcome) {
  return outcome < 0 && (errno == EPERM || errno == EACCES);
}

}  // namespace

TEST_CASE("behind the fence of files only the system's can be read, and none written") {
  const test::TempFolder folder;
  const std::string secret = (folder.path() / "secret").string(), given = (folder.path() / "given").string();
  REQUIRE(sys::write_file(secret, "key"));
  REQUIRE(sys::write_file(given, "model"));
  const int outcome = in_child([&] {
    if (!sys::fence_files({given}).done) return kNoFence;
    if (!denied(::open(secret.c_str(), O_RDONLY))) return 1;
    if (!denied(::open((secret + "2").c_str(), O_WRONLY | O_CREAT, 0600))) return 2;
    if (!denied(::unlink(secret.c_str()))) return 3;
    if (::open(given.c_str(), O_RDONLY) < 0 || !denied(::open(given.c_str(), O_RDWR))) return 4;
    if (::open("/proc/self/stat", O_RDONLY) < 0) return 5;
    int from_thread = 0;  // threads that start later inherit it
    std::thread([&] { from_thread = denied(::open(secret.c_str(), O_RDONLY)) ? 0 : 6; }).join();
    return from_thread;
  });
  if (outcome == kNoFence) return;  // a kernel without Landlock
  CHECK(outcome == 0);
}

TEST_CASE("behind the fence of calls nothing is executed, connected or written anew") {
  const int outcome = in_child([] {
    if (!sys::fence_calls().done) return kNoFence;
    char name[] = "/bin/true";
    char* const arguments[] = {name, nullptr};
    if (!denied(::execv(name, arguments))) return 1;
    if (!denied(::socket(AF_INET, SOCK_STREAM, 0))) return 2;
    if (!denied(::open("/tmp/mlctl-fence-test", O_WRONLY | O_CREAT, 0600))) return 3;
    if (!denied(::unlink("/tmp/mlctl-fence-test"))) return 4;
    if (!denied(::kill(::getppid(), 0))) return 5;
    if (!denied(::ioctl(0, TIOCSTI, "x"))) return 6;
    if (::open("/proc/self/stat", O_RDONLY) < 0) return 7;
    int started = 8;
    std::thread([&] { started = denied(::socket(AF_INET, SOCK_STREAM, 0)) ? 0 : 9; }).join();
    return started;
  });
  if (outcome == kNoFence) return;  // another architecture, or a sanitizer
  CHECK(outcome == 0);
}

TEST_CASE("a thread that ran before stands behind the fence of calls too") {
  const int outcome = in_child([] {
    std::atomic<bool> fenced = false;
    int result = 1;
    std::thread older([&] {
      fenced.wait(false);
      result = denied(::socket(AF_INET, SOCK_STREAM, 0)) ? 0 : 1;
    });
    const bool done = sys::fence_calls().done;
    fenced = true;
    fenced.notify_all();
    older.join();
    return done ? result : kNoFence;
  });
  if (outcome == kNoFence) return;
  CHECK(outcome == 0);
}
