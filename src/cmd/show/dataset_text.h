#pragma once
// A dataset for people: `ingest` prints it, and `describe`.

#include <string>

#include "core/data/dataset.h"

namespace mlctl {

// What a dry run found that `ingest` would write.
std::string describe_plan(const Dataset& dataset, int64_t rejected, bool wide);
std::string describe_dataset(const Dataset& dataset, bool wide);

}  // namespace mlctl
