#pragma once

#include "core/sys/clock.h"

namespace mlctl::test {

// Stands still at 2026-01-31T12:00:00Z until it is told to move; sleeping moves it.
class FakeClock : public sys::Clock {
 public:
  double monotonic() const override { return seconds_; }
  int64_t unix_millis() const override { return 1769860800000 + static_cast<int64_t>(seconds_ * 1000); }
  void sleep(double seconds) override { seconds_ += seconds; }
  void advance(double seconds) { seconds_ += seconds; }

 private:
  double seconds_ = 0;
};

}  // namespace mlctl::test
