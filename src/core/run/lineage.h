#pragma once
// Lineage in both directions: a run's outputs are other runs' inputs. Content is identified by its hash, so
// folders may move; when equal content was made more than once, the path tells which is meant.

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/run/record.h"

namespace mlctl {

// In all of these functions `runs` are newest first, and runs that failed or found their output up to date
// are ignored.

// The run that made the artifact, null when none is known: among the runs that made this content, the
// newest that put it at this path, else the newest.
const RunRecord* maker_of(const std::vector<RunRecord>& runs, const RunArtifact& artifact);
// Its maker, then those that had made the maker's inputs before it started, and so on.
std::vector<RunRecord> made_by(const std::vector<RunRecord>& runs, const RunArtifact& artifact);
// The same of a run's inputs.
std::vector<RunRecord> sources_of(const std::vector<RunRecord>& runs, const RunRecord& run);
// The runs that took the artifact as an input, and what took their outputs, oldest first.
std::vector<RunRecord> used_by(const std::vector<RunRecord>& runs, const RunArtifact& artifact);

// "ingest photos → data/rabbits" with short digests, one a line.
std::string lineage_text(const std::vector<RunRecord>& steps);
nlohmann::ordered_json lineage_json(const std::vector<RunRecord>& steps);
// The lineage that a dataset or model holds itself, for one that came without run records.
std::string lineage_text(const nlohmann::ordered_json& embedded);

// For each clean among the steps, the rows it removed, by rule and split: {"run", "removed":
// {"exact_duplicate": {"train": 3}}}. Runs that removed nothing are left out.
nlohmann::ordered_json removals(const std::vector<RunRecord>& steps);
// "exact_duplicate: 3 of train", one a line.
std::string removals_text(const nlohmann::ordered_json& removals);

std::string short_digest(const std::string& digest);  // 12 characters

}  // namespace mlctl
