#pragma once

#include <filesystem>
#include <string>

#include "core/base/result.h"
#include "core/sys/env.h"

namespace mlctl {

// The secret that keys the hashes of personal data: $MLCTL_PII_KEY, else FOLDER/pii.key, made at random on
// first use, so that equal values give equal hashes in all datasets of one user.
Result<std::string> pii_key(const sys::Env& env, const std::filesystem::path& folder);

}  // namespace mlctl
