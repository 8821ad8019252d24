#include "core/sys/process.h"

#include <unistd.h>

#include <csignal>

#include <doctest/doctest.h>

#include "fakes/fake_clock.h"

using namespace mlctl;

TEST_CASE("this process is running") {
  CHECK(sys::is_running(sys::current_process()));
}

TEST_CASE("a process with the same number and another start is another process") {
  sys::ProcessId other = sys::current_process();
  other.started += 1;
  CHECK_FALSE(sys::is_running(other));
}

namespace {

// Time passes quickly, but other processes get some.
struct QuickClock : test::FakeClock {
  void sleep(double seconds) override {
    ::usleep(1000);
    FakeClock::sleep(seconds);
  }
};

// A child that does nothing, and lets nobody but SIGKILL end it when it is stubborn.
sys::ProcessId start_child(bool stubborn) {
  const auto before = std::signal(SIGTERM, stubborn ? SIG_IGN : SIG_DFL);
  const pid_t pid = ::fork();
  while (pid == 0) ::pause();
  std::signal(SIGTERM, before);
  return sys::process_id(pid);
}

}  // namespace

TEST_CASE("of a process that was ended nothing is left, not even a zombie") {
  for (const bool stubborn : {false, true}) {
    const sys::ProcessId child = start_child(stubborn);
    REQUIRE(sys::is_running(child));
    CHECK(sys::children_of(::getpid()).size() == 1);
    QuickClock clock;
    sys::end_process(child, 1, clock);
    CHECK(::kill(static_cast<pid_t>(child.pid), 0) == -1);
  }
}

TEST_CASE("no process has number 0 for us") {
  CHECK_FALSE(sys::is_running({}));
}
