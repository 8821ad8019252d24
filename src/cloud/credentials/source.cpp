#include "cloud/credentials/source.h"

namespace mlctl {

namespace {
constexpr int64_t kEarlyMillis = 5 * 60 * 1000;
}

Result<Credentials> CredentialsCache::get() {
  const std::lock_guard hold(mutex_);
  const bool current = !kept_.source.empty() && (kept_.expires_millis == 0 ||
                                                 clock_.unix_millis() < kept_.expires_millis - kEarlyMillis);
  if (!current) kept_ = TRY(source_->load());
  return kept_;
}

void CredentialsCache::forget() {
  const std::lock_guard hold(mutex_);
  kept_ = {};
}

}  // namespace mlctl
