#include "cloud/http/retry.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <ctime>

#include "core/base/strings.h"

namespace mlctl {

bool is_transient(int status, const std::string& code) {
  static constexpr std::array<int, 6> kStatuses = {408, 429, 500, 502, 503, 504};
  static constexpr std::array<std::string_view, 10> kCodes = {
      "InternalError", "InternalErrors", "SlowDown",      "RequestTimeout",   "ServiceUnavailable",
      "Throttling",    "SlowDownRead",   "SlowDownWrite", "OperationAborted", "ConnectionTimeout"};
  return std::find(kStatuses.begin(), kStatuses.end(), status) != kStatuses.end() ||
         std::find(kCodes.begin(), kCodes.end(), code) != kCodes.end();
}

std::optional<double> retry_after(const HttpHeaders& headers, int64_t now_millis) {
  constexpr double kLongest = 1e9;  // whatever is written there
  const std::string value(header(headers, "retry-after"));
  if (value.empty()) return std::nullopt;
  if (const Result<double> seconds = parse_double(value)) return std::clamp(*seconds, 0.0, kLongest);
  std::tm t{};
  if (::strptime(value.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &t) == nullptr) return std::nullopt;
  return std::clamp(static_cast<double>(timegm(&t)) - static_cast<double>(now_millis) / 1e3, 0.0, kLongest);
}

int tries_worth(bool answered_before, Exit failure) {
  if (answered_before) return 10;
  return failure == Exit::timeout ? 2 : 5;
}

bool RetryBudget::take() {
  const Hold hold(mutex_);
  if (tokens_ < kCost) return false;
  tokens_ -= kCost;
  return true;
}

void RetryBudget::give() {
  const Hold hold(mutex_);
  tokens_ = std::min(kCapacity, tokens_ + kGain);
}

double RetryBudget::pause(int number) {
  const Hold hold(mutex_);
  return random_.uniform() * std::min(20.0, 0.05 * std::exp2(number));
}

}  // namespace mlctl
