#pragma once
// clean.html: what was removed and why, with samples of it, and what that did to the data. Made from the two
// datasets alone, so that it can be made again at any time.

#include <string>

#include "core/data/shards.h"

namespace mlctl {

struct CleanReportInput {
  Shards& before_shards;
  const Dataset& before;
  Shards& after_shards;
  const Dataset& after;
};

Result<std::string> clean_report(const CleanReportInput& input);

}  // namespace mlctl
