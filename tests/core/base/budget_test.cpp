#include "core/base/budget.h"

#include <doctest/doctest.h>

#include <thread>

using mlctl::Budget;

TEST_CASE("shares of a budget are taken, resized and given back") {
  Budget budget(100);
  Budget::Share first = budget.share(), second = budget.share();
  CHECK(first.resize(60));
  CHECK_FALSE(second.resize(41));
  CHECK(second.resize(40));
  CHECK(budget.used() == 100);
  CHECK(first.resize(10));
  CHECK_FALSE(second.resize(size_t(-1)));
  {
    const Budget::Share moved = std::move(second);
    CHECK(moved.bytes() == 40);
  }
  CHECK(budget.used() == 10);
  first = {};
  CHECK(budget.used() == 0);
  CHECK_FALSE(Budget::Share().resize(1));
}

TEST_CASE("who needs more than there is waits for the others, or is alone") {
  Budget budget(100);
  Budget::Share some = budget.wait_for(70);
  bool got = false;
  std::thread other([&] {
    const Budget::Share all = budget.wait_for(1000);
    got = budget.used() == 1000;
  });
  some = {};
  other.join();
  CHECK(got);
  CHECK(budget.used() == 0);
}
