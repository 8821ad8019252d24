#include "core/sys/cpu.h"

#include <doctest/doctest.h>

using namespace mlctl;

TEST_CASE("a CPU quota is rounded up to whole CPUs") {
  CHECK(sys::cpus_of_quota("150000 100000") == 2);
  CHECK(sys::cpus_of_quota("100000 100000") == 1);
  CHECK(sys::cpus_of_quota("5000 100000") == 1);
  CHECK(sys::cpus_of_quota("max 100000") == 0);
  CHECK(sys::cpus_of_quota("-1 100000") == 0);
  CHECK(sys::cpus_of_quota("") == 0);
}

TEST_CASE("there is at least one CPU") {
  CHECK(sys::available_cpus() >= 1);
}
