#include "cloud/http/pace.h"

#include <doctest/doctest.h>

using namespace mlctl;

namespace {

class SteppedClock : public sys::Clock {
 public:
  double now = 100, slept = 0;
  double monotonic() const override { return now; }
  void sleep(double seconds) override { slept += seconds, now += seconds; }
};

}  // namespace

TEST_CASE("more requests are sent while that makes the whole faster") {
  Pace pace;
  const size_t first = pace.limit;
  pace.observe(100, true);
  const size_t grown = pace.limit;
  CHECK(grown > first);
  pace.observe(104, true);  // no twentieth more
  CHECK(pace.limit == grown);
  pace.observe(400, false);  // fast with fewer than allowed: no reason to allow more
  CHECK(pace.limit == grown);
  for (double rate = 500; rate < 1e6; rate *= 2) pace.observe(rate, true);
  CHECK(pace.limit == pace.most);
}

TEST_CASE("a store that is asked too much is asked half as much, but never nothing") {
  Pace pace;
  const size_t first = pace.limit;
  pace.slow_down();
  CHECK(pace.limit == first / 2);
  for (int k = 0; k < 8; ++k) pace.slow_down();
  CHECK(pace.limit == 1);
  pace.observe(10, true);  // and then grows again
  CHECK(pace.limit == 2);
}

TEST_CASE("the gate learns from what its requests bring") {
  SteppedClock clock;
  RequestGate gate(32, 0, clock);
  const size_t first = gate.limit();
  for (int stretch = 0; stretch < 4; ++stretch) {
    for (size_t k = 0; k < gate.limit(); ++k) gate.enter();
    const size_t inside = gate.limit();
    for (size_t k = 0; k < inside; ++k) {
      clock.now += 0.6 / static_cast<double>(inside);
      gate.leave(uint64_t{1} << (20 + stretch), false);
    }
  }
  CHECK(gate.limit() > first);
  gate.enter();
  const size_t before = gate.limit();
  gate.leave(0, true);
  CHECK(gate.limit() == before / 2);
}

TEST_CASE("bytes wait for their turn under a limit, small ones together") {
  SteppedClock clock;
  RequestGate gate(4, 1000, clock);
  gate.pass(500);
  CHECK(clock.slept == doctest::Approx(0.5));
  gate.pass(1);
  CHECK(clock.slept == doctest::Approx(0.5));
  gate.pass(999);
  CHECK(clock.slept == doctest::Approx(1.5));
}
