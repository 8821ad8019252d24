#pragma once
// Which datasets and models there are: folders below the working folder that hold a dataset.json or
// model.json, and those elsewhere that run records name. There is no registry that could become outdated.

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
  // At most this many are looked at: a folder of a million files costs milliseconds.
  size_t entries = 20000;
  sys::PassedOver* passed = nullptr;  // receives the links to folders that hold the mark
};

// Paths relative to `root`, sorted. Hidden, .partial and linked folders are passed over, and so are folders
// inside one that was found. `root` itself counts, as ".".
std::vector<std::filesystem::path> find_marked(const std::filesystem::path& root, const std::string& mark,
                                               SearchBounds bounds = {});

// find_marked(working folder) and the records' outputs that still hold `mark`, as the user writes them.
std::vector<std::string> catalog(const std::vector<RunRecord>& runs, const std::string& mark,
                                 sys::PassedOver* passed = nullptr);

// The digest of the dataset, model or plain file at a path; "" when there is none or it is not whole.
std::string content_at(const std::filesystem::path& path);

// A path below the working folder relative to it, others absolute.
std::string shown_path(const std::filesystem::path& path);

// The folder that `name` means: a path to one, or the last part of exactly one catalogued path.
Result<std::filesystem::path> find_in_catalog(const std::vector<RunRecord>& runs, const std::string& mark,
                                              const std::string& name);

}  // namespace mlctl
