#pragma once
// Decides how many requests are under way at once, and limits how fast their bytes go: more requests while
// that makes the whole faster, half of them when the store says it is too much.

#include <cstdint>

#include "core/base/mutex.h"
#include "core/sys/clock.h"

namespace mlctl {

// The decision alone: it is told what each stretch of time brought.
struct Pace {
  size_t limit = 16, most = 64;
  double best = 0;  // bytes per second, the highest seen

  // Reports the `rate` of a stretch; `in_use`: all of `limit` was in use. Growing stops once it gains less
  // than a twentieth.
  void observe(double rate, bool in_use);
  void slow_down();
};

class RequestGate {
 public:
  RequestGate(size_t most, uint64_t bytes_per_second, sys::Clock& clock);

  void enter();                             // waits for a place
  void leave(uint64_t bytes, bool slowed);  // slowed: the store answered 429 or 503
  void pass(uint64_t bytes);                // waits as long as the limit of bytes per second requires
  size_t limit() const;

 private:
  // A request costs a store about as much as this many bytes, so small objects count too.
  static constexpr double kRequest = 64 << 10;
  static constexpr double kStretch = 0.5;  // seconds

  sys::Clock& clock_;
  uint64_t bytes_per_second_;
  mutable Mutex mutex_;
  Condition free_;
  Pace pace_ MLCTL_GUARDED_BY(mutex_);
  size_t inside_ MLCTL_GUARDED_BY(mutex_) = 0;
  size_t busiest_ MLCTL_GUARDED_BY(mutex_) = 0;
  double began_ MLCTL_GUARDED_BY(mutex_) = 0;
  double work_ MLCTL_GUARDED_BY(mutex_) = 0;        // of this stretch
  double paid_until_ MLCTL_GUARDED_BY(mutex_) = 0;  // when the bytes passed so far may have been passed
};

}  // namespace mlctl
