#include "cloud/credentials/source.h"

#include <algorithm>

namespace mlctl {

namespace {
constexpr int64_t kEarlyMillis = 5 * 60 * 1000;
constexpr int64_t kAgainMillis = 30 * 1000;
}  // namespace

Result<Credentials> CredentialsCache::get() {
  const Hold hold(mutex_);
  const int64_t now = clock_.unix_millis();
  if (kept_ && (kept_->expires_millis == 0 || now < renew_at_)) return *kept_;
  Result<Credentials> fresh = source_->load();
  if (!fresh && kept_ && now < kept_->expires_millis) {
    renew_at_ = std::min(now + kAgainMillis, kept_->expires_millis);
    return *kept_;
  }
  if (!fresh) return fresh;
  kept_ = *std::move(fresh);
  // Keys that live for minutes only are asked for again after half their time.
  renew_at_ = kept_->expires_millis - std::min(kEarlyMillis, (kept_->expires_millis - now) / 2);
  return *kept_;
}

void CredentialsCache::forget() {
  const Hold hold(mutex_);
  kept_.reset();
}

}  // namespace mlctl
