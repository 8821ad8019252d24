#pragma once

#include <filesystem>

#include "core/base/result.h"

namespace mlctl::sys {

// Keeps others from a Lock (core/sys/fs.h) on the same file, beside any number of its kind, until destruction
// or process death. The file stays. Taken by a Lock → 6.
class SharedLock {
 public:
  static Result<SharedLock> take(const std::filesystem::path& path);
  ~SharedLock();
  SharedLock(SharedLock&& other) noexcept;
  SharedLock& operator=(SharedLock&& other) noexcept;

 private:
  explicit SharedLock(int fd) : fd_(fd) {}
  int fd_ = -1;
};

}  // namespace mlctl::sys
