#pragma once
// Identifies a file in one state: differs once the file was written, cut, or replaced by another of the
// same name.

#include <cstdint>
#include <filesystem>
#include <optional>

#include "core/base/result.h"

namespace mlctl::sys {

struct FileIdentity {
  uint64_t inode = 0, size = 0;
  // Nanoseconds. No program can set `changed`, so it shows when somebody has reset `modified`.
  int64_t modified = 0, changed = 0;
  bool operator==(const FileIdentity&) const = default;
};

// Of an open file; `path` is for messages. Not a regular file → 7.
Result<FileIdentity> identity_of(int fd, const std::filesystem::path& path);
// Of the file at a path, links followed; nothing where there is no regular file.
std::optional<FileIdentity> identity_at(const std::filesystem::path& path);

// File times are only as fine as the kernel's tick. Waits, a few milliseconds at most, until a later change
// of this file would show. False where the file's clock runs ahead of this machine's.
bool outlast_tick(const FileIdentity& identity);

}  // namespace mlctl::sys
