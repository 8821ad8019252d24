#pragma once
// A file read and written at offsets, by many threads at once.

#include <cstdint>
#include <string_view>

#include "core/sys/fs.h"

namespace mlctl::sys {

class RangeFile {
 public:
  static Result<RangeFile> open_to_read(const PathAt& path);
  // One of mlctl's own (open_own() says which), made when absent, and brought to `size` bytes. Where the disk
  // has no room for them → 12.
  static Result<RangeFile> open_to_write(const PathAt& path, uint64_t size);

  // Shows the bytes in pieces of up to 256 KiB; a file that ends before → 10.
  Result<> read(uint64_t offset, uint64_t size, const std::function<Result<>(std::string_view)>& take) const;
  // Room for what will be written there: bytes that lie together, and 12 before the first of them is fetched.
  Result<> reserve(uint64_t offset, uint64_t size) const;
  Result<> write(uint64_t offset, std::string_view bytes) const;
  Result<> sync() const;
  // Size, time of change and inode in one word: differs when the file has been written or replaced.
  Result<std::string> fingerprint() const;
  // Inode and time of birth in one word: tells this very file from any that was put in its place, unpacked or
  // checked out, whatever its bytes and times say.
  Result<std::string> birth() const;

 private:
  RangeFile(Fd fd, fs::path path) : fd_(std::move(fd)), path_(std::move(path)) {}
  Fd fd_;
  fs::path path_;
};

}  // namespace mlctl::sys
