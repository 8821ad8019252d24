#include "cloud/store/trace.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "core/base/strings.h"

namespace mlctl {

namespace {

// Parts of names, in lower case: x-amz-signature, X-Goog-Credential, OSSAccessKeyId, security-token, a
// listing's continuation-token, which is long and says nothing.
constexpr std::array kHidden = {"signature", "credential", "token",   "accesskey",
                                "accessid",  "secret",     "password"};

bool is_hidden(const std::string& name) {
  const std::string lower = to_lower(name);
  return std::any_of(kHidden.begin(), kHidden.end(),
                     [&](const char* part) { return lower.find(part) != std::string::npos; });
}

}  // namespace

std::string shown_url(const std::string& origin, const StoreRequest& request) {
  std::string url = origin + wire_path(request);
  char before = '?';
  for (const auto& [name, value] : request.query) {
    url += std::exchange(before, '&') + percent_encode(name, false);
    if (!value.empty()) url += "=" + (is_hidden(name) ? "…" : percent_encode(value, true));
  }
  return url;
}

std::string trace_line(const Traced& traced) {
  const std::string outcome =
      traced.status != 0 ? std::to_string(traced.status) : fmt::format("no answer ({})", traced.failure);
  const std::string again = traced.tried > 1 ? fmt::format(", try {}", traced.tried) : "";
  return fmt::format("{} {} {} {:.0f} ms{}", traced.method, traced.url, outcome, traced.seconds * 1000,
                     again);
}

}  // namespace mlctl
