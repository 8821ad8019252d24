#pragma once
// Lineage both ways, by content hash: a run's outputs are another's inputs, wherever the folders have been
// moved.

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/run/record.h"

namespace mlctl {

// The run that made the content `digest` (the newest that succeeded), then those that made its inputs, and so
// on.
std::vector<RunRecord> made_by(const std::vector<RunRecord>& runs, const std::string& digest);
// The runs that took the content as an input, and what took their outputs, oldest first.
std::vector<RunRecord> used_by(const std::vector<RunRecord>& runs, const std::string& digest);

// "ingest photos → data/rabbits" with short digests, one a line.
std::string lineage_text(const std::vector<RunRecord>& steps);
nlohmann::ordered_json lineage_json(const std::vector<RunRecord>& steps);
// What a dataset or model says itself, for one that came without run records.
std::string lineage_text(const nlohmann::ordered_json& embedded);

// Of each clean among the steps: the rows it removed, by the rule that removed them and the split.
// {"run", "removed": {"exact_duplicate": {"train": 3}}}; runs that removed nothing are left out.
nlohmann::ordered_json removals(const std::vector<RunRecord>& steps);
// "exact_duplicate: 3 of train", one a line.
std::string removals_text(const nlohmann::ordered_json& removals);

std::string short_digest(const std::string& digest);  // 12 characters

}  // namespace mlctl
