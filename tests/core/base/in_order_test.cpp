#include "core/base/in_order.h"

#include <atomic>
#include <chrono>

#include <doctest/doctest.h>

namespace mlctl {

namespace {

// The most tasks that were ever at work side by side.
class Busiest {
 public:
  void enter() {
    const size_t now = ++inside_;
    for (size_t seen = most_; now > seen && !most_.compare_exchange_weak(seen, now);) continue;
  }
  void leave() { --inside_; }
  size_t most() const { return most_; }

 private:
  std::atomic<size_t> inside_{0}, most_{0};
};

}  // namespace

TEST_CASE("results come in the order of the inputs, whoever is first") {
  std::vector<int> seen;
  Ordered<int, int> ordered(
      4,
      [](int& input) {
        std::this_thread::sleep_for(std::chrono::microseconds(input % 3 * 100));
        return input;
      },
      [&](int& output) -> Result<> {
        seen.push_back(output);
        return {};
      });
  std::vector<int> expected;
  for (int i = 0; i < 100; ++i) {
    expected.push_back(i);
    REQUIRE(ordered.push(i));
  }
  REQUIRE(ordered.finish());
  CHECK(seen == expected);
}

TEST_CASE("the first error ends the pushing") {
  Ordered<int, int> ordered(
      2, [](int& input) { return input; },
      [](int& output) -> Result<> { return output < 5 ? Result<>() : fail(Exit::data, "five"); });
  Result<> outcome;
  int pushed = 0;
  for (; outcome && pushed < 100; ++pushed) outcome = ordered.push(pushed);
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().message == "five");
  CHECK(pushed < 20);
}

TEST_CASE("no more work at once than may, and all of it gets done") {
  for (const size_t at_once : {size_t{1}, size_t{3}}) {
    CAPTURE(at_once);
    Busiest busiest;
    std::atomic<int> done{0};
    {
      Workers workers(8, [at_once] { return at_once; });
      for (int i = 0; i < 50; ++i) {
        workers.post([&] {
          busiest.enter();
          std::this_thread::sleep_for(std::chrono::microseconds(200));
          busiest.leave();
          ++done;
        });
      }
      while (done < 50) std::this_thread::yield();
    }
    CHECK(busiest.most() <= at_once);
  }
}

TEST_CASE("when more may work at once, more do") {
  std::atomic<size_t> at_once{1};
  std::atomic<int> waiting{0};
  std::atomic<bool> open{false};
  Workers workers(4, [&] { return at_once.load(); });
  const auto wait = [&] {
    ++waiting;
    while (!open) std::this_thread::yield();
  };
  workers.post([] {});
  workers.post(wait);
  at_once = 3;
  workers.post(wait);
  workers.post(wait);
  while (waiting < 3) std::this_thread::yield();  // hangs where they do not
  open = true;
  CHECK(waiting == 3);
}

}  // namespace mlctl
