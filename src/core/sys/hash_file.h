#pragma once
// The SHA-256 of a file's content.

#include <filesystem>
#include <string>

#include "core/base/digest.h"

namespace mlctl {

Result<std::string> sha256_file(const std::filesystem::path& path);
Result<Digest> digest_of_file(const std::filesystem::path& path);

}  // namespace mlctl
