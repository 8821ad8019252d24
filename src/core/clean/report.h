#pragma once
// clean.html: what was removed and why, with samples of it, and what that did to the data. Made from the two
// datasets alone, so that it can be made again at any time.

#include <filesystem>
#include <string>

#include "core/data/dataset.h"

namespace mlctl {

struct CleanReportInput {
  std::filesystem::path before_folder;
  const Dataset& before;
  std::filesystem::path after_folder;
  const Dataset& after;
};

Result<std::string> clean_report(const CleanReportInput& input);

}  // namespace mlctl
