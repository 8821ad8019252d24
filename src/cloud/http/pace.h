#pragma once
// How many requests are under way at once, and how fast their bytes go: more while that makes the whole
// faster, half when the store says it is too much.

#include <condition_variable>
#include <cstdint>
#include <mutex>

#include "core/sys/clock.h"

namespace mlctl {

// The decision alone: fed with what a stretch of time brought.
struct Pace {
  size_t limit = 16, most = 64;
  double best = 0;  // bytes per second, the highest seen

  // After `rate` with all of `limit` in use. Growing stops once it gains less than a twentieth.
  void observe(double rate, bool in_use);
  void slow_down();
};

class RequestGate {
 public:
  RequestGate(size_t most, uint64_t bytes_per_second, sys::Clock& clock);

  void enter();                             // waits for a place
  void leave(uint64_t bytes, bool slowed);  // slowed: the store answered 429 or 503
  void pass(uint64_t bytes);                // waits as the limit of bytes per second asks
  size_t limit() const;

 private:
  // A request costs a store about as much as this many bytes, so small objects count too.
  static constexpr double kRequest = 64 << 10;
  static constexpr double kStretch = 0.5;  // seconds

  sys::Clock& clock_;
  uint64_t bytes_per_second_;
  mutable std::mutex mutex_;
  std::condition_variable free_;
  Pace pace_;
  size_t inside_ = 0, busiest_ = 0;
  double began_ = 0, work_ = 0;  // of this stretch
  double paid_until_ = 0;        // when the bytes passed so far may have been passed
};

}  // namespace mlctl
