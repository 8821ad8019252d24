#pragma once
// Where keys come from, asked again before they expire.

#include <memory>
#include <mutex>
#include <optional>

#include "cloud/sign/request.h"
#include "core/sys/clock.h"

namespace mlctl {

// Looks for keys. None anywhere, or a place that is set up but broken (a partial set of variables, a profile
// that does not exist, a refused role) → 4: keys of someone else are never used instead.
class CredentialsSource {
 public:
  virtual ~CredentialsSource() = default;
  virtual Result<Credentials> load() = 0;
};

// Keeps what a source gave until five minutes before it expires; while there is nothing newer to be had,
// until it has expired. Safe to use from many threads.
class CredentialsCache {
 public:
  CredentialsCache(std::unique_ptr<CredentialsSource> source, sys::Clock& clock)
      : source_(std::move(source)), clock_(clock) {}
  Result<Credentials> get();
  void forget();  // the store called them expired

 private:
  std::unique_ptr<CredentialsSource> source_;
  sys::Clock& clock_;
  std::mutex mutex_;
  std::optional<Credentials> kept_;
  int64_t renew_at_ = 0;  // Unix milliseconds
};

}  // namespace mlctl
