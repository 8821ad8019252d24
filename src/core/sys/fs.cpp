#include "core/sys/fs.h"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>

namespace mlctl::sys {

namespace {

constexpr std::string_view kTemporary = ".mlctl-tmp-";  // and 16 hexadecimal digits
constexpr size_t kRandomDigits = 16;
constexpr const char* kHexDigits = "0123456789abcdef";

Result<std::string> random_name() {
  uint64_t random = 0;
  if (::getrandom(&random, sizeof random, 0) != sizeof random)
    return fail(Exit::failed, fmt::format("the system has no random numbers: {}", std::strerror(errno)));
  return fmt::format("{}{:016x}", kTemporary, random);
}

Result<> read_all(int fd, const fs::path& path, const std::function<Result<>(std::string_view)>& take) {
  std::string buffer(size_t{1} << 20, '\0');
  for (;;) {
    const ssize_t got = ::read(fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(os_error(errno, "read", path));
    if (got == 0) return {};
    TRY(take(std::string_view(buffer.data(), static_cast<size_t>(got))));
  }
}

Result<std::string> read_bounded(int fd, const fs::path& path, uint64_t max_bytes) {
  std::string bytes;
  TRY(read_all(fd, path, [&](std::string_view chunk) -> Result<> {
    bytes.append(chunk);
    if (bytes.size() <= max_bytes) return {};
    return fail(Exit::data, fmt::format("{} is over the limit of {} bytes", path.string(), max_bytes));
  }));
  return bytes;
}

Result<> sync_open_folder(int folder, const fs::path& path) {
  // EBADF: one that may be written to and not read; it cannot be synced.
  if (::fsync(folder) == 0 || errno == EBADF) return {};
  return fail(os_error(errno, "sync folder", path));
}

Result<> fill(const Fd& fd, std::string_view bytes, const fs::path& path) {
  TRY(write_all(fd.get(), bytes, path));
  return ::fsync(fd.get()) == 0 ? Result<>() : fail(os_error(errno, "write", path));
}

}  // namespace

Error os_error(int number, std::string_view doing, const fs::path& path) {
  Error error;
  error.message = fmt::format("cannot {} {}: {}", doing, path.string(), std::strerror(number));
  switch (number) {
    case ENOENT:
    case ENOTDIR:
      error.code = Exit::not_found;
      error.hint = "check the path";
      break;
    case EACCES:
    case EPERM:
    case EROFS:
      error.code = Exit::auth;
      error.hint = "check the permissions of the file and its folder, or choose another place";
      break;
    case ENOSPC:
    case EDQUOT:
      error.code = Exit::resource;
      error.hint = "free space on that file system, or choose another place; what was finished is kept";
      break;
    case EFBIG:
      error.code = Exit::resource;
      error.hint = "the limit of a file's size is reached (ulimit -f, or the file system's own)";
      break;
    case EMFILE:
    case ENFILE:
      error.code = Exit::resource;
      error.hint = "too many files are open at once: raise the limit (ulimit -n)";
      break;
    case EAGAIN:
    case ENOMEM:
      error.code = Exit::resource;
      break;
    default:
      error.code = Exit::failed;
  }
  return error;
}

Result<> write_all(int fd, std::string_view bytes, const fs::path& path) {
  while (!bytes.empty()) {
    const ssize_t done = ::write(fd, bytes.data(), bytes.size());
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) return fail(os_error(errno, "write", path));
    bytes.remove_prefix(static_cast<size_t>(done));
  }
  return {};
}

Result<Fd> open_regular(const PathAt& path) {
  Fd fd = TRY(open_to_read(path));
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return fail(os_error(errno, "read", path.path()));
  if (S_ISDIR(info.st_mode)) return fail(os_error(EISDIR, "read", path.path()));
  if (!S_ISREG(info.st_mode))
    return fail(Exit::data, fmt::format("{} is not a regular file", path.path().string()),
                "a FIFO, a socket or a device cannot stand there");
  return fd;
}

Result<> read_chunks(const PathAt& path, const std::function<void(std::string_view)>& take) {
  const Fd fd = TRY(open_regular(path));
  return read_all(fd.get(), path.path(), [&](std::string_view chunk) -> Result<> {
    take(chunk);
    return {};
  });
}

Result<std::string> read_file(const PathAt& path, uint64_t max_bytes) {
  const Fd fd = TRY(open_regular(path));
  struct stat info {};
  if (::fstat(fd.get(), &info) == 0 && static_cast<uint64_t>(info.st_size) > max_bytes) {
    return fail(Exit::data, fmt::format("{} is {} bytes, over the limit of {}", path.path().string(),
                                        info.st_size, max_bytes));
  }
  return read_bounded(fd.get(), path.path(), max_bytes);
}

Result<std::string> read_input(const fs::path& path, uint64_t max_bytes) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return fail(os_error(errno, "read", path));
  return read_bounded(fd.get(), path, max_bytes);
}

Result<std::string> read_range(const PathAt& path, uint64_t offset, uint64_t size) {
  const Fd fd = TRY(open_regular(path));
  std::string bytes(size, '\0');
  for (uint64_t done = 0; done < size;) {
    const ssize_t got =
        ::pread(fd.get(), bytes.data() + done, size - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(os_error(errno, "read", path.path()));
    if (got == 0) {
      return fail(Exit::integrity, fmt::format("{} ends at byte {}, {} expected", path.path().string(),
                                               offset + done, offset + size));
    }
    done += static_cast<uint64_t>(got);
  }
  return bytes;
}

Result<> write_file(const PathAt& path, std::string_view bytes, int mode) {
  const Parent parent = TRY(parent_of(path, Missing::made));
  const std::string temporary = TRY(random_name());
  constexpr int kFlags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
  const Fd fd(::openat(parent.folder.get(), temporary.c_str(), kFlags,
                       static_cast<mode_t>(path.is_private() ? mode & 0700 : mode)));
  if (!fd) return fail(os_error(errno, "write", path.path()));
  Result<> written = fill(fd, bytes, path.path());
  if (written &&
      ::renameat(parent.folder.get(), temporary.c_str(), parent.folder.get(), parent.name.c_str()) != 0)
    written = fail(os_error(errno, "write", path.path()));
  if (written) return sync_open_folder(parent.folder.get(), path.path().parent_path());
  ::unlinkat(parent.folder.get(), temporary.c_str(), 0);
  return written;
}

bool is_temporary(std::string_view name) {
  const auto all_of = [](std::string_view text, const char* digits) {
    return !text.empty() && text.find_first_not_of(digits) == std::string_view::npos;
  };
  if (name.starts_with(kTemporary)) {
    name.remove_prefix(kTemporary.size());
    return name.size() == kRandomDigits && all_of(name, kHexDigits);
  }
  constexpr std::string_view kEarlier = ".tmp-";  // and the process's number, after the file's name
  const size_t at = name.rfind(kEarlier);
  return at != std::string_view::npos && all_of(name.substr(at + kEarlier.size()), "0123456789");
}

Result<> make_folders(const PathAt& path) {
  TRY(Folder::make(path));
  return {};
}

Result<> sync_folder(const PathAt& path) {
  const Folder folder = TRY(Folder::open(path.path().empty() ? PathAt(".") : path));
  return sync_open_folder(folder.fd(), path.path());
}

Result<> rename_durably(const PathAt& from, const PathAt& to) {
  const Parent old = TRY(parent_of(from, Missing::is_error)), now = TRY(parent_of(to, Missing::is_error));
  if (::renameat(old.folder.get(), old.name.c_str(), now.folder.get(), now.name.c_str()) != 0)
    return fail(os_error(errno, "rename to", to.path()));
  return sync_open_folder(now.folder.get(), to.path().parent_path());
}

bool exists(const PathAt& path) {
  return status_of(path).has_value();
}

bool is_folder(const PathAt& path) {
  const auto status = status_of(path);
  return status && S_ISDIR(status->st_mode);
}

}  // namespace mlctl::sys
