#include "core/sys/range_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <utility>

#include <fmt/format.h>

namespace mlctl::sys {

namespace {
constexpr size_t kPiece = size_t{256} << 10;
}

Result<RangeFile> RangeFile::open_to_read(const PathAt& path) {
  return RangeFile(TRY(open_regular(path)), path.path());
}

Result<RangeFile> RangeFile::open_to_write(const PathAt& path, uint64_t size) {
  RangeFile file(TRY(open_own(path, O_RDWR)), path.path());
  struct stat now {};
  struct statvfs disk {};
  if (size > kPiece && ::fstat(file.fd_.get(), &now) == 0 && ::fstatvfs(file.fd_.get(), &disk) == 0 &&
      disk.f_blocks > 0) {
    const uint64_t free = static_cast<uint64_t>(disk.f_bavail) * disk.f_frsize;
    const uint64_t held = static_cast<uint64_t>(now.st_blocks) * 512;
    if (free + held < size) return fail(os_error(ENOSPC, "write", file.path_));
  }
  if (::ftruncate(file.fd_.get(), static_cast<off_t>(size)) != 0)
    return fail(os_error(errno, "write", file.path_));
  return file;
}

Result<> RangeFile::read(uint64_t offset, uint64_t size,
                         const std::function<Result<>(std::string_view)>& take) const {
  const std::unique_ptr<char[]> piece(new char[std::min<uint64_t>(kPiece, size)]);
  while (size > 0) {
    const ssize_t got =
        ::pread(fd_.get(), piece.get(), std::min<uint64_t>(kPiece, size), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(os_error(errno, "read", path_));
    if (got == 0)
      return fail(Exit::integrity, fmt::format("{} became shorter while it was read", path_.string()),
                  "run the same command again");
    TRY(take({piece.get(), static_cast<size_t>(got)}));
    offset += static_cast<uint64_t>(got);
    size -= static_cast<uint64_t>(got);
  }
  return {};
}

// Not every file system can reserve room; then a full disk shows while writing.
Result<> RangeFile::reserve(uint64_t offset, uint64_t size) const {
  if (size <= kPiece ||
      ::fallocate(fd_.get(), 0, static_cast<off_t>(offset), static_cast<off_t>(size)) == 0 ||
      errno == EOPNOTSUPP)
    return {};
  return fail(os_error(errno, "write", path_));
}

Result<> RangeFile::write(uint64_t offset, std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t put = ::pwrite(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return fail(os_error(errno, "write", path_));
    bytes.remove_prefix(static_cast<size_t>(put));
    offset += static_cast<uint64_t>(put);
  }
  return {};
}

Result<> RangeFile::sync() const {
  if (::fdatasync(fd_.get()) != 0) return fail(os_error(errno, "write", path_));
  return {};
}

Result<std::string> RangeFile::fingerprint() const {
  struct stat status {};
  if (::fstat(fd_.get(), &status) != 0) return fail(os_error(errno, "read", path_));
  return fmt::format("{}-{}.{:09}-{}", status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec,
                     status.st_ino);
}

Result<std::string> RangeFile::birth() const {
  struct statx status {};
  if (::statx(fd_.get(), "", AT_EMPTY_PATH, STATX_INO | STATX_BTIME, &status) != 0)
    return fail(os_error(errno, "read", path_));
  const bool known = (status.stx_mask & STATX_BTIME) != 0;
  return fmt::format("{}-{}.{:09}", status.stx_ino, known ? status.stx_btime.tv_sec : 0,
                     known ? status.stx_btime.tv_nsec : 0);
}

}  // namespace mlctl::sys
