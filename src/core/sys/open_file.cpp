#include "core/sys/open_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include <fmt/format.h>

#include "core/sys/fs.h"

namespace mlctl::sys {

namespace {
constexpr size_t kPiece = size_t{1} << 20;
}  // namespace

// Non-blocking, so that it does not wait for the other end of a pipe that lies there instead of a file.
Result<OpenFile> OpenFile::open(const std::filesystem::path& path) {
  OpenFile file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK), path);
  if (file.fd_ < 0) return fail(os_error(errno, "read", path));
  file.identity_ = TRY(identity_of(file.fd_, path));
  return file;
}

OpenFile::~OpenFile() {
  if (fd_ >= 0) ::close(fd_);
}

OpenFile::OpenFile(OpenFile&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), path_(std::move(other.path_)), identity_(other.identity_) {}

OpenFile& OpenFile::operator=(OpenFile&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(path_, other.path_);
  std::swap(identity_, other.identity_);
  return *this;
}

Result<size_t> OpenFile::read_at(uint64_t offset, char* out, size_t size) const {
  for (;;) {
    const ssize_t got = ::pread(fd_, out, size, static_cast<off_t>(offset));
    if (got >= 0) return static_cast<size_t>(got);
    if (errno != EINTR) return fail(os_error(errno, "read", path_));
  }
}

Result<> OpenFile::chunks(const std::function<void(std::string_view)>& take) const {
  const std::unique_ptr<char[]> piece(new char[kPiece]);
  for (uint64_t at = 0;;) {
    const size_t got = TRY(read_at(at, piece.get(), kPiece));
    if (got == 0) return {};
    take({piece.get(), got});
    at += got;
  }
}

Result<> OpenFile::read_into(char* out, const std::function<void(std::string_view)>& seen) const {
  for (uint64_t at = 0; at < identity_.size;) {
    const size_t wanted = std::min<uint64_t>(kPiece, identity_.size - at);
    const size_t got = TRY(read_at(at, out + at, wanted));
    if (got == 0)
      return fail(Exit::integrity, fmt::format("{} became shorter while it was read", path_.string()),
                  "run the same command again");
    seen({out + at, got});
    at += got;
  }
  return {};
}

}  // namespace mlctl::sys
