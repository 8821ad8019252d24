#include "core/sys/beneath.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>

#include <cerrno>
#include <filesystem>
#include <string>
#include <vector>

namespace mlctl::sys {

namespace {

// "a//b/./c" → "a", "b", "c".
std::vector<std::string> parts_of(const char* name) {
  std::vector<std::string> parts;
  for (const std::filesystem::path& part : std::filesystem::path(name)) {
    if (!part.empty() && part != ".") parts.push_back(part.string());
  }
  return parts;
}

Fd open_by_steps(int folder, const char* name, int flags, mode_t mode) {
  const std::vector<std::string> parts = parts_of(name);
  for (const std::string& part : parts) {
    if (part != "/" && part != "..") continue;
    errno = EXDEV;
    return Fd();
  }
  if (parts.empty()) return Fd(::openat(folder, ".", flags, mode));
  Fd at;
  for (size_t k = 0; k + 1 < parts.size(); ++k) {
    at =
        Fd(::openat(at ? at.get() : folder, parts[k].c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!at) return Fd();
  }
  return Fd(::openat(at ? at.get() : folder, parts.back().c_str(), flags | O_NOFOLLOW, mode));
}

Fd open_by_kernel(int folder, const char* name, int flags, mode_t mode) {
  struct open_how how {};
  how.flags = static_cast<uint64_t>(static_cast<unsigned>(flags));
  how.mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? mode : 0;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  constexpr int kTries = 64;  // EAGAIN: something on the way was renamed meanwhile
  for (int tried = 1;; ++tried) {
    Fd opened(static_cast<int>(::syscall(SYS_openat2, folder, name, &how, sizeof how)));
    if (opened || (errno != EAGAIN && errno != EINTR) || tried == kTries) return opened;
  }
}

}  // namespace

Fd open_beneath(int folder, const char* name, int flags, mode_t mode, Means means) {
  flags |= O_CLOEXEC;
  if (means == Means::kernel) {
    Fd opened = open_by_kernel(folder, name, flags, mode);
    // A sandbox answers EPERM to calls that it does not know; a real EPERM comes again.
    if (opened || (errno != ENOSYS && errno != EPERM)) return opened;
  }
  return open_by_steps(folder, name, flags, mode);
}

}  // namespace mlctl::sys
