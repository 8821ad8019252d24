#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "core/sys/fs.h"

namespace mlctl::sys {

namespace {

// Whether the locked file is still the one at its path: a holder removes the file when it releases the
// lock.
bool still_at(const Fd& fd, const Parent& at) {
  struct stat held {
  }, named{};
  return ::fstat(fd.get(), &held) == 0 &&
         ::fstatat(at.folder.get(), at.name.c_str(), &named, AT_SYMLINK_NOFOLLOW) == 0 &&
         held.st_ino == named.st_ino && held.st_dev == named.st_dev;
}

std::string holder_of(const Fd& fd) {
  char text[32] = {};
  return ::pread(fd.get(), text, sizeof text - 1, 0) > 0 ? text : "?";
}

}  // namespace

Result<Lock> Lock::take(const PathAt& path) {
  for (;;) {
    Fd fd = TRY(open_own(path, O_RDWR));
    Parent at = TRY(parent_of(path, Missing::is_error));
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0)
      return fail(
          Exit::conflict,
          fmt::format("{} is locked by another mlctl (process {})", path.path().string(), holder_of(fd)),
          "wait for it to end, or stop it");
    if (!still_at(fd, at)) continue;
    const std::string pid = std::to_string(::getpid());
    if (::ftruncate(fd.get(), 0) != 0 || ::pwrite(fd.get(), pid.data(), pid.size(), 0) < 0)
      return fail(os_error(errno, "lock", path.path()));
    return Lock(std::move(fd), std::move(at));
  }
}

Lock::~Lock() {
  if (fd_) ::unlinkat(at_.folder.get(), at_.name.c_str(), 0);
}
Lock::Lock(Lock&& other) noexcept = default;
Lock& Lock::operator=(Lock&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(at_, other.at_);
  return *this;
}

}  // namespace mlctl::sys
