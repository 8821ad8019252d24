#pragma once
// A dataset for people: `ingest` prints it, and `describe`.

#include <string>

#include "core/data/dataset.h"

namespace mlctl {

std::string describe_dataset(const Dataset& dataset, bool wide);

}  // namespace mlctl
