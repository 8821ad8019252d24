#pragma once

#include "core/base/result.h"
#include "core/sys/folder.h"

namespace mlctl::sys {

// Keeps others from a Lock (core/sys/fs.h) on the same file, beside any number of its kind, until destruction
// or process death. The file stays. Taken by a Lock → 6.
class SharedLock {
 public:
  static Result<SharedLock> take(const PathAt& path);

 private:
  explicit SharedLock(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
};

}  // namespace mlctl::sys
