#include <fcntl.h>

#include <cerrno>

#include "core/sys/fs.h"

namespace mlctl::sys {

Result<AppendFile> AppendFile::open(const PathAt& path, int64_t keep) {
  AppendFile file;
  file.path_ = path.path();
  file.fd_ = TRY(open_own(path, O_WRONLY | O_APPEND));
  if (keep >= 0 && ::ftruncate(file.fd_.get(), keep) != 0) return fail(os_error(errno, "cut", file.path_));
  file.size_ = static_cast<uint64_t>(::lseek(file.fd_.get(), 0, SEEK_END));
  return file;
}

Result<> AppendFile::append(std::string_view bytes) {
  TRY(write_all(fd_.get(), bytes, path_));
  size_ += bytes.size();
  return {};
}

Result<> AppendFile::sync() {
  if (::fdatasync(fd_.get()) != 0) return fail(os_error(errno, "write", path_));
  return {};
}

}  // namespace mlctl::sys
