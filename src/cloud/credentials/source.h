#pragma once
// Where keys come from; asked again before the keys expire.

#include <memory>
#include <optional>

#include "cloud/sign/request.h"
#include "core/base/mutex.h"
#include "core/sys/clock.h"

namespace mlctl {

// Looks for keys. None anywhere, or a place that is set up but broken (one variable of two, a profile that
// does not exist, a refused role) → 4: it never falls back to the keys of another place.
class CredentialsSource {
 public:
  virtual ~CredentialsSource() = default;
  virtual Result<Credentials> load() = 0;
};

// Keeps a source's keys until five minutes before they expire; if the source then gives no newer ones,
// until they have expired. Safe to use from many threads.
class CredentialsCache {
 public:
  CredentialsCache(std::unique_ptr<CredentialsSource> source, sys::Clock& clock)
      : source_(std::move(source)), clock_(clock) {}
  Result<Credentials> get();
  void forget();  // the store called them expired

 private:
  std::unique_ptr<CredentialsSource> source_;
  sys::Clock& clock_;
  Mutex mutex_;
  std::optional<Credentials> kept_ MLCTL_GUARDED_BY(mutex_);
  int64_t renew_at_ MLCTL_GUARDED_BY(mutex_) = 0;  // Unix milliseconds
};

}  // namespace mlctl
