#include "core/http/task_pool.h"

#include <doctest/doctest.h>

#include <atomic>
#include <future>

using mlctl::serve::TaskPool;

TEST_CASE("past what may wait a task is refused, and what waits is done at the end") {
  std::promise<void> go;
  std::shared_future<void> started(go.get_future());
  std::promise<void> busy;
  std::atomic<int> done = 0;
  {
    TaskPool pool(1, 2);
    CHECK(pool.submit([&, started](double) {
      busy.set_value();
      started.wait();
      ++done;
    }));
    busy.get_future().wait();
    CHECK(pool.submit([&](double) { ++done; }));
    CHECK(pool.submit([&](double waited) { done += waited >= 0 ? 1 : 100; }));
    CHECK_FALSE(pool.submit([&](double) { ++done; }));
    go.set_value();
  }
  CHECK(done == 3);
}
