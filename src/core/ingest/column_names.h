#pragma once
// The usual names of the columns with a role: what ingest guesses by and `predict` accepts instead of the
// training data's own name.

#include <string>
#include <vector>

namespace mlctl {

using Names = std::vector<std::string>;  // in lower case

extern const Names kLabelNames, kTextNames, kUserNames, kItemNames, kRatingNames, kTimeNames;

// The column that bears one of the names in any case, the earlier name first; -1 when none does.
int find_column(const Names& header, const Names& names);

}  // namespace mlctl
