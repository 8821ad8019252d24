#include "cloud/store/trace.h"

#include <utility>

#include <fmt/format.h>

#include "core/base/secrets.h"

namespace mlctl {

std::string shown_url(const std::string& origin, const StoreRequest& request) {
  std::string url = origin + wire_path(request);
  char before = '?';
  for (const auto& [name, value] : request.query) {
    url += std::exchange(before, '&') + percent_encode(name, false);
    if (!value.empty()) url += "=" + (is_secret_parameter(name) ? "…" : percent_encode(value, true));
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
