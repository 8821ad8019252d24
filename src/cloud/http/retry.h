#pragma once
// When to repeat a request, and after how long: full jitter (aws.amazon.com/blogs/architecture,
// "Exponential Backoff And Jitter"), within a budget that all requests of a client share, so that a store
// in trouble does not get ten times as many.

#include <optional>
#include <string>

#include "core/base/mutex.h"
#include "core/base/random.h"
#include "core/base/result.h"
#include "core/net/http.h"

namespace mlctl {

// Worth repeating: 408, 429, 500, 502, 503, 504, and the codes by which stores say the same.
bool is_transient(int status, const std::string& code);

// The seconds that a Retry-After header asks for: a number, or a date against `now_millis`.
std::optional<double> retry_after(const HttpHeaders& headers, int64_t now_millis);
// Who asks for a longer pause is not waited for: the command ends and says so.
inline constexpr double kLongestPause = 60;

// How often a request is tried before it counts as failed. A store that has never answered is mostly a
// mistyped address, which should be reported within seconds, not after a minute; so it gets few tries
// (fewer still after timeouts, which take seconds themselves).
int tries_worth(bool answered_before, Exit failure);

class RetryBudget {
 public:
  explicit RetryBudget(uint64_t seed) : random_(seed) {}
  // True when another try is affordable.
  bool take();
  void give();  // after a success
  // Seconds to wait before try `number` (1 is the first repetition): uniform in [0, min(20 s, 50 ms ·
  // 2^number)).
  double pause(int number);

 private:
  static constexpr double kCapacity = 500, kCost = 2, kGain = 1;
  Mutex mutex_;
  double tokens_ MLCTL_GUARDED_BY(mutex_) = kCapacity;
  Random random_ MLCTL_GUARDED_BY(mutex_);
};

}  // namespace mlctl
