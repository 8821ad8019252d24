#pragma once
// `why`: one cause and one fix.

#include <string>

#include "core/run/record.h"
#include "core/serve/endpoints.h"

namespace mlctl {

struct Cause {
  bool healthy = false;  // there is nothing to explain
  std::string cause, fix;
};

Cause cause_of(const RunRecord& run);
// `log`: the newest lines of the endpoint's log, oldest first.
Cause cause_of(const serve::Endpoint& endpoint, const std::vector<std::string>& log);

}  // namespace mlctl
