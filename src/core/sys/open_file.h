#pragma once
// A regular file opened for reading as a whole, perhaps more than once, while others may write it. Their
// writes show as a changed identity or as an error, never as a signal (which a mapping of a file that was
// cut would raise).

#include <filesystem>
#include <functional>
#include <memory>
#include <string_view>

#include "core/base/result.h"
#include "core/sys/file_identity.h"

namespace mlctl::sys {

class OpenFile {
 public:
  // Absent → 5; a folder, pipe or device → 7.
  static Result<OpenFile> open(const std::filesystem::path& path);
  ~OpenFile();
  OpenFile(OpenFile&& other) noexcept;
  OpenFile& operator=(OpenFile&& other) noexcept;

  const std::filesystem::path& path() const { return path_; }
  int descriptor() const { return fd_; }
  const FileIdentity& identity() const { return identity_; }  // when it was opened
  Result<FileIdentity> identity_now() const { return identity_of(fd_, path_); }

  // Up to `size` bytes from `offset` on; 0 at the end.
  Result<size_t> read_at(uint64_t offset, char* out, size_t size) const;
  // Shows all bytes from the first on, in pieces of up to 1 MiB.
  Result<> chunks(const std::function<void(std::string_view)>& take) const;
  // Reads the whole file into `out`, which has room for identity().size bytes; `seen` is shown each piece
  // once it has arrived. A file that ends before → 10.
  Result<> read_into(char* out, const std::function<void(std::string_view)>& seen) const;

 private:
  OpenFile(int fd, std::filesystem::path path) : fd_(fd), path_(std::move(path)) {}
  int fd_ = -1;
  std::filesystem::path path_;
  FileIdentity identity_;
};

}  // namespace mlctl::sys
