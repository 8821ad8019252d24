#include "core/sys/fs.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>

namespace mlctl::sys {

namespace {

// Closes on scope exit; release() hands the descriptor on.
struct Fd {
  int value = -1;
  explicit Fd(int fd) : value(fd) {}
  ~Fd() {
    if (value >= 0) ::close(value);
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  int release() { return std::exchange(value, -1); }
};

Result<> write_all(int fd, std::string_view bytes, const fs::path& path) {
  while (!bytes.empty()) {
    const ssize_t done = ::write(fd, bytes.data(), bytes.size());
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) return fail(os_error(errno, "write", path));
    bytes.remove_prefix(static_cast<size_t>(done));
  }
  return {};
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

Result<> read_chunks(const fs::path& path, const std::function<void(std::string_view)>& take) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.value < 0) return fail(os_error(errno, "read", path));
  std::string buffer(size_t{1} << 20, '\0');
  for (;;) {
    const ssize_t got = ::read(fd.value, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(os_error(errno, "read", path));
    if (got == 0) return {};
    take(std::string_view(buffer.data(), static_cast<size_t>(got)));
  }
}

Result<std::string> read_file(const fs::path& path, uint64_t max_bytes) {
  struct stat info {};
  if (::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) &&
      static_cast<uint64_t>(info.st_size) > max_bytes) {
    return fail(Exit::data,
                fmt::format("{} is {} bytes, over the limit of {}", path.string(), info.st_size, max_bytes));
  }
  std::string bytes;
  TRY(read_chunks(path, [&](std::string_view chunk) { bytes.append(chunk); }));
  return bytes;
}

Result<std::string> read_range(const fs::path& path, uint64_t offset, uint64_t size) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.value < 0) return fail(os_error(errno, "read", path));
  std::string bytes(size, '\0');
  for (uint64_t done = 0; done < size;) {
    const ssize_t got =
        ::pread(fd.value, bytes.data() + done, size - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(os_error(errno, "read", path));
    if (got == 0) {
      return fail(Exit::integrity, fmt::format("{} ends at byte {}, {} expected", path.string(),
                                               offset + done, offset + size));
    }
    done += static_cast<uint64_t>(got);
  }
  return bytes;
}

Result<> write_file(const fs::path& path, std::string_view bytes, int mode) {
  if (path.has_parent_path()) TRY(make_folders(path.parent_path()));
  const fs::path temporary = path.string() + fmt::format(".tmp-{}", ::getpid());
  Fd fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, static_cast<mode_t>(mode)));
  if (fd.value < 0) return fail(os_error(errno, "write", path));
  Result<> written = write_all(fd.value, bytes, path);
  if (written && ::fsync(fd.value) != 0) written = fail(os_error(errno, "write", path));
  if (::close(fd.release()) != 0 && written) written = fail(os_error(errno, "write", path));
  if (!written) {
    ::unlink(temporary.c_str());
    return written;
  }
  return rename_durably(temporary, path);
}

Result<> make_folders(const fs::path& path) {
  std::error_code code;
  fs::create_directories(path, code);
  if (code) return fail(os_error(code.value(), "make folder", path));
  return {};
}

Result<> sync_folder(const fs::path& path) {
  const fs::path folder = path.empty() ? fs::path(".") : path;
  Fd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.value < 0 || ::fsync(fd.value) != 0) return fail(os_error(errno, "sync folder", folder));
  return {};
}

Result<> rename_durably(const fs::path& from, const fs::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return fail(os_error(errno, "rename to", to));
  return sync_folder(to.parent_path());
}

Result<> remove_tree(const fs::path& path) {
  std::error_code code;
  fs::remove_all(path, code);
  if (code) return fail(os_error(code.value(), "remove", path));
  return {};
}

Result<std::vector<Entry>> list_files(const fs::path& folder) {
  std::vector<Entry> entries;
  std::error_code code;
  auto at = fs::recursive_directory_iterator(folder, fs::directory_options::follow_directory_symlink, code);
  if (code) return fail(os_error(code.value(), "list", folder));
  for (; at != fs::recursive_directory_iterator(); at.increment(code)) {
    if (at->path().filename().native().starts_with('.')) {
      if (at->is_directory(code)) at.disable_recursion_pending();
      continue;
    }
    if (!at->is_regular_file(code)) continue;
    entries.push_back({at->path().lexically_relative(folder), at->file_size(code)});
  }
  if (code) return fail(os_error(code.value(), "list", folder));
  std::sort(entries.begin(), entries.end(),
            [](const Entry& a, const Entry& b) { return a.path.native() < b.path.native(); });
  return entries;
}

bool exists(const fs::path& path) {
  std::error_code code;
  return fs::exists(path, code);
}

bool is_folder(const fs::path& path) {
  std::error_code code;
  return fs::is_directory(path, code);
}

AppendFile::~AppendFile() {
  if (fd_ >= 0) ::close(fd_);
}
AppendFile::AppendFile(AppendFile&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), size_(other.size_), path_(std::move(other.path_)) {}
AppendFile& AppendFile::operator=(AppendFile&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(size_, other.size_);
  std::swap(path_, other.path_);
  return *this;
}

Result<AppendFile> AppendFile::open(const fs::path& path, int64_t keep) {
  if (path.has_parent_path()) TRY(make_folders(path.parent_path()));
  AppendFile file;
  file.path_ = path;
  file.fd_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (file.fd_ < 0) return fail(os_error(errno, "write", path));
  if (keep >= 0 && ::ftruncate(file.fd_, keep) != 0) return fail(os_error(errno, "cut", path));
  file.size_ = static_cast<uint64_t>(::lseek(file.fd_, 0, SEEK_END));
  return file;
}

Result<> AppendFile::append(std::string_view bytes) {
  TRY(write_all(fd_, bytes, path_));
  size_ += bytes.size();
  return {};
}

Result<> AppendFile::sync() {
  if (::fdatasync(fd_) != 0) return fail(os_error(errno, "write", path_));
  return {};
}

namespace {
// The holder removes the file when it lets go, so the one just locked may no longer be the one at `path`.
bool still_at(int fd, const fs::path& path) {
  struct stat held {
  }, named{};
  return ::fstat(fd, &held) == 0 && ::stat(path.c_str(), &named) == 0 && held.st_ino == named.st_ino &&
         held.st_dev == named.st_dev;
}
}  // namespace

Result<Lock> Lock::take(const fs::path& path) {
  if (path.has_parent_path()) TRY(make_folders(path.parent_path()));
  for (;;) {
    Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
    if (fd.value < 0) return fail(os_error(errno, "lock", path));
    if (::flock(fd.value, LOCK_EX | LOCK_NB) != 0) {
      char holder[32] = {};
      if (::pread(fd.value, holder, sizeof holder - 1, 0) <= 0) std::strcpy(holder, "?");
      return fail(Exit::conflict,
                  fmt::format("{} is locked by another mlctl (process {})", path.string(), holder),
                  "wait for it to end, or stop it");
    }
    if (!still_at(fd.value, path)) continue;
    const std::string pid = std::to_string(::getpid());
    if (::ftruncate(fd.value, 0) != 0 || ::pwrite(fd.value, pid.data(), pid.size(), 0) < 0) {
      return fail(os_error(errno, "lock", path));
    }
    return Lock(fd.release(), path);
  }
}
Lock::~Lock() {
  if (fd_ < 0) return;
  ::unlink(path_.c_str());
  ::close(fd_);
}
Lock::Lock(Lock&& other) noexcept : fd_(std::exchange(other.fd_, -1)), path_(std::move(other.path_)) {}
Lock& Lock::operator=(Lock&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(path_, other.path_);
  return *this;
}

Result<Mapping> Mapping::open(const fs::path& path) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat info {};
  if (fd.value < 0 || ::fstat(fd.value, &info) != 0) return fail(os_error(errno, "read", path));
  Mapping mapping;
  mapping.size_ = static_cast<size_t>(info.st_size);
  if (mapping.size_ == 0) return mapping;
  void* data = ::mmap(nullptr, mapping.size_, PROT_READ, MAP_PRIVATE, fd.value, 0);
  if (data == MAP_FAILED) return fail(os_error(errno, "map", path));
  mapping.data_ = static_cast<const char*>(data);
  return mapping;
}
Mapping::~Mapping() {
  if (data_ != nullptr) ::munmap(const_cast<char*>(data_), size_);
}
Mapping::Mapping(Mapping&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
Mapping& Mapping::operator=(Mapping&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

}  // namespace mlctl::sys
