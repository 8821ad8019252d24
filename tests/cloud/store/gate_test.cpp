#include "cloud/store/gate.h"

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
  pace.observe(100, true);
  pace.observe(200, true);
  CHECK(pace.limit == 12);
  pace.observe(205, true);  // no twentieth more
  CHECK(pace.limit == 12);
  pace.observe(400, false);  // fast with fewer than allowed: no reason to allow more
  CHECK(pace.limit == 12);
}

TEST_CASE("a store that is asked too much is asked half as much, but never nothing") {
  Pace pace;
  pace.slow_down();
  CHECK(pace.limit == 4);
  for (int k = 0; k < 5; ++k) pace.slow_down();
  CHECK(pace.limit == 1);
  pace.observe(10, true);  // and then grows again
  CHECK(pace.limit == 3);
}

TEST_CASE("the gate learns from what its requests bring") {
  SteppedClock clock;
  RequestGate gate(32, 0, clock);
  for (int stretch = 0; stretch < 4; ++stretch) {
    for (size_t k = 0; k < gate.limit(); ++k) gate.enter();
    const size_t inside = gate.limit();
    for (size_t k = 0; k < inside; ++k) {
      clock.now += 0.6 / static_cast<double>(inside);
      gate.leave(uint64_t{1} << (20 + stretch), false);
    }
  }
  CHECK(gate.limit() > 8);
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
