#pragma once
// Shared by the checks of whole documents (a dataset's, a model's): errors that name the key.

#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include <fmt/format.h>

#include "core/base/result.h"

namespace mlctl {

// An error (10) at a key of the document.
inline tl::unexpected<Error> wrong(const std::string& key, const std::string& why) {
  return fail(Exit::integrity, fmt::format("{}: {}", key, why));
}

inline Result<> no_repeats(const std::string& key, const std::vector<std::string>& names) {
  std::unordered_set<std::string_view> seen;
  for (size_t i = 0; i < names.size(); ++i) {
    if (!seen.insert(names[i]).second)
      return wrong(fmt::format("{}[{}]", key, i), fmt::format("\"{}\" stands twice", names[i]));
  }
  return {};
}

}  // namespace mlctl
