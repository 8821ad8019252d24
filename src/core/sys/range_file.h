#pragma once
// A file read and written at offsets, by many threads at once.

#include <cstdint>
#include <string_view>

#include "core/sys/fs.h"

namespace mlctl::sys {

class RangeFile {
 public:
  static Result<RangeFile> open_to_read(const PathAt& path);
  // Opens a file of mlctl's own (as open_own() does), made when absent, and sets its size to `size` bytes.
  // No room on the disk → 12.
  static Result<RangeFile> open_to_write(const PathAt& path, uint64_t size);

  // Shows the bytes in pieces of up to 256 KiB. The file ends before → 10.
  Result<> read(uint64_t offset, uint64_t size, const std::function<Result<>(std::string_view)>& take) const;
  // Reserves room on the disk before the bytes are fetched, so that they lie together. No room → 12.
  Result<> reserve(uint64_t offset, uint64_t size) const;
  Result<> write(uint64_t offset, std::string_view bytes) const;
  Result<> sync() const;
  // Size, time of change and inode as one text: differs when the file was written or replaced.
  Result<std::string> fingerprint() const;
  // Inode and time of birth as one text: differs for any other file that was put in its place, whatever its
  // bytes and times.
  Result<std::string> birth() const;

 private:
  RangeFile(Fd fd, fs::path path) : fd_(std::move(fd)), path_(std::move(path)) {}
  Fd fd_;
  fs::path path_;
};

}  // namespace mlctl::sys
