#pragma once
// Which datasets and models there are: folders below the working folder that hold dataset.json or model.json,
// and those that the run records remember elsewhere. There is no registry to get out of step.

#include <filesystem>
#include <string>
#include <vector>

#include "core/run/record.h"
#include "core/sys/walk.h"

namespace mlctl {

inline constexpr const char* kDatasetMark = "dataset.json";
inline constexpr const char* kModelMark = "model.json";

struct SearchBounds {
  int depth = 5;
  size_t entries = 20000;             // looked at, so that a folder of a million files costs milliseconds
  sys::PassedOver* passed = nullptr;  // links to folders that hold the mark
};

// Paths relative to `root`, sorted; hidden, .partial and linked folders are passed over, and what is inside a
// find. `root` itself counts, as ".".
std::vector<std::filesystem::path> find_marked(const std::filesystem::path& root, const std::string& mark,
                                               SearchBounds bounds = {});

// find_marked(working folder) and the records' outputs that still hold `mark`, as the user writes them.
std::vector<std::string> catalog(const std::vector<RunRecord>& runs, const std::string& mark,
                                 sys::PassedOver* passed = nullptr);

// The digest of the dataset, model or plain file at a path; "" where there is none, or nothing whole.
std::string content_at(const std::filesystem::path& path);

// A path below the working folder relative to it, others absolute.
std::string shown_path(const std::filesystem::path& path);

// The folder that `name` means: a path to one, or the last part of exactly one catalogued path.
Result<std::filesystem::path> find_in_catalog(const std::vector<RunRecord>& runs, const std::string& mark,
                                              const std::string& name);

}  // namespace mlctl
