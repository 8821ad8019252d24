#include "core/sys/process.h"

#include <doctest/doctest.h>

using namespace mlctl;

TEST_CASE("this process is running") {
  CHECK(sys::is_running(sys::current_process()));
}

TEST_CASE("a process with the same number and another start is another process") {
  sys::ProcessId other = sys::current_process();
  other.started += 1;
  CHECK_FALSE(sys::is_running(other));
}

TEST_CASE("no process has number 0 for us") {
  CHECK_FALSE(sys::is_running({}));
}
