#pragma once
// `why`: one cause and one fix.

#include <filesystem>
#include <string>
#include <vector>

#include "core/endpoint/endpoints.h"
#include "core/run/record.h"

namespace mlctl {

struct Cause {
  bool healthy = false;  // there is nothing to explain
  std::string cause, fix;
};

Cause cause_of(const RunRecord& run);
// The cause for an unfinished output. `place`: the absolute path of the output, which is that of its
// .partial folder without ".partial".
Cause cause_of_partial(const std::vector<RunRecord>& runs, const std::filesystem::path& place);
// `log`: the newest lines of the endpoint's log, oldest first.
Cause cause_of(const serve::Endpoint& endpoint, const std::vector<std::string>& log);

}  // namespace mlctl
