#include "core/sys/shared_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

namespace mlctl::sys {

Result<SharedLock> SharedLock::take(const PathAt& path) {
  for (;;) {
    SharedLock lock(TRY(open_own(path, O_RDWR)));
    if (::flock(lock.fd_.get(), LOCK_SH | LOCK_NB) != 0)
      return fail(Exit::conflict, path.path().string() + " is locked by another mlctl", "wait for it to end");
    struct stat held {};
    if (::fstat(lock.fd_.get(), &held) == 0 && held.st_nlink > 0) return lock;  // else its holder removed it
  }
}

}  // namespace mlctl::sys
