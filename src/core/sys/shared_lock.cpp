#include "core/sys/shared_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "core/sys/fs.h"

namespace mlctl::sys {

Result<SharedLock> SharedLock::take(const fs::path& path) {
  if (path.has_parent_path()) TRY(make_folders(path.parent_path()));
  for (;;) {
    SharedLock lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
    if (lock.fd_ < 0) return fail(os_error(errno, "lock", path));
    if (::flock(lock.fd_, LOCK_SH | LOCK_NB) != 0)
      return fail(Exit::conflict, path.string() + " is locked by another mlctl", "wait for it to end");
    struct stat held {};
    if (::fstat(lock.fd_, &held) == 0 && held.st_nlink > 0) return lock;  // else its holder removed it
  }
}
SharedLock::~SharedLock() {
  if (fd_ >= 0) ::close(fd_);
}
SharedLock::SharedLock(SharedLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
SharedLock& SharedLock::operator=(SharedLock&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

}  // namespace mlctl::sys
