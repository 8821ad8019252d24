#include "core/sys/file_identity.h"

#include <sys/stat.h>

#include <cerrno>
#include <ctime>

#include <fmt/format.h>

#include "core/sys/fs.h"

namespace mlctl::sys {

namespace {

int64_t nanoseconds(const timespec& time) {
  return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

FileIdentity identity(const struct stat& status) {
  return {status.st_ino, static_cast<uint64_t>(status.st_size), nanoseconds(status.st_mtim),
          nanoseconds(status.st_ctim)};
}

// The clock that the kernel stamps files with.
int64_t tick() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME_COARSE, &now);
  return nanoseconds(now);
}

}  // namespace

Result<FileIdentity> identity_of(int fd, const std::filesystem::path& path) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) return fail(os_error(errno, "read", path));
  if (!S_ISREG(status.st_mode))
    return fail(Exit::data, fmt::format("{} is not a regular file", path.string()),
                "save it to a file first");
  return identity(status);
}

std::optional<FileIdentity> identity_at(const std::filesystem::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  return identity(status);
}

bool outlast_tick(const FileIdentity& identity) {
  constexpr int kTries = 10;
  const timespec pause{0, 2'000'000};
  for (int k = 0; k < kTries && tick() <= identity.changed; ++k) ::nanosleep(&pause, nullptr);
  return tick() > identity.changed;
}

}  // namespace mlctl::sys
