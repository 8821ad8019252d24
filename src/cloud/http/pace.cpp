#include "cloud/http/pace.h"

#include <algorithm>

namespace mlctl {

void Pace::observe(double rate, bool in_use) {
  if (rate > best * 1.05) {
    best = rate;
    if (in_use) limit = std::min(most, limit + limit / 2 + 1);
  }
}

void Pace::slow_down() {
  limit = std::max<size_t>(1, limit / 2);
  best = 0;
}

RequestGate::RequestGate(size_t most, uint64_t bytes_per_second, sys::Clock& clock)
    : clock_(clock), bytes_per_second_(bytes_per_second) {
  pace_.most = std::max<size_t>(1, most);
  pace_.limit = std::min(pace_.limit, pace_.most);
}

void RequestGate::enter() {
  Hold hold(mutex_);
  free_.wait(hold, [this]() MLCTL_REQUIRES(mutex_) { return inside_ < pace_.limit; });
  busiest_ = std::max(busiest_, ++inside_);
}

void RequestGate::leave(uint64_t bytes, bool slowed) {
  const Hold hold(mutex_);
  --inside_;
  free_.notify_one();
  const size_t before = pace_.limit;
  work_ += static_cast<double>(bytes) + kRequest;
  const double now = clock_.monotonic();
  if (slowed) {
    pace_.slow_down();
  } else if (began_ == 0) {
    began_ = now;
  } else if (now - began_ >= kStretch) {
    pace_.observe(work_ / (now - began_), busiest_ >= pace_.limit);
    began_ = now;
    work_ = 0;
    busiest_ = inside_;
  }
  if (pace_.limit > before) free_.notify_all();
}

void RequestGate::pass(uint64_t bytes) {
  if (bytes_per_second_ == 0) return;
  double wait = 0;
  {
    const Hold hold(mutex_);
    const double now = clock_.monotonic();
    paid_until_ =
        std::max(paid_until_, now) + static_cast<double>(bytes) / static_cast<double>(bytes_per_second_);
    wait = paid_until_ - now;
  }
  constexpr double kShort = 0.01;  // saved up: sleeping costs more
  if (wait > kShort) clock_.sleep(wait);
}

size_t RequestGate::limit() const {
  const Hold hold(mutex_);
  return pace_.limit;
}

}  // namespace mlctl
