#pragma once
// What tells the contents of a path apart, for records of what a command read and wrote.

#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/output/whole.h"

namespace mlctl {

inline constexpr std::string_view kDamagedDigest = "damaged: ";

// The digest of what lies at a path: a dataset or model by its dataset.json or model.json, a file by its
// bytes, another folder by all its files; "" when nothing is there. The URL of an object in a store is its
// own digest. A dataset or model that is not whole has the digest "damaged: WHY", which equals no other.
Result<std::string> digest_at(const std::string& path, const Upkeep& upkeep = {});

}  // namespace mlctl
