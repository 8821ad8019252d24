#pragma once
// What a transfer will copy, decided before anything is: names, filters and templates. Pure.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace mlctl {

// --include/--exclude: shell globs, on the whole relative path when they have a "/", else on the file's name.
// Nothing to include means everything; what is excluded stays out.
struct NameFilter {
  std::vector<std::string> include, exclude;
  bool takes(const std::string& relative_path) const;
};

// "{label}/{name}" with its fields filled in. An unknown field → 2 with a did-you-mean, an empty one → 7.
Result<std::string> fill_key(const std::string& key_template,
                             const std::map<std::string, std::string>& fields);

// The fields of a file: path "a/b/c.jpg", name "c.jpg", stem "c", ext "jpg", folder "a/b".
std::map<std::string, std::string> fields_of(const std::string& relative_path);

// Whether a file marks the others as complete (dataset.json, model.json). Such files are copied last, so
// that a half-copied dataset is not taken for one.
bool is_commit_mark(std::string_view relative_path);

// SHA-256 by relative path out of a dataset.json or model.json; empty when the text lists none.
std::map<std::string, std::string> listed_hashes(std::string_view document);

}  // namespace mlctl
