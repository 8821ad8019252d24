#pragma once

#include "core/base/result.h"
#include "core/sys/folder.h"

namespace mlctl::sys {

// A shared lock on a file: any number of these may hold it, but no Lock (core/sys/fs.h). Held until
// destruction or until the process dies; the file stays. Taken by a Lock → 6.
class SharedLock {
 public:
  static Result<SharedLock> take(const PathAt& path);

 private:
  explicit SharedLock(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
};

}  // namespace mlctl::sys
