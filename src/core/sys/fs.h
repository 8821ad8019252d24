#pragma once
// The file operations mlctl relies on, each with an error that names the path and the cause, and each write
// durable: a finished call survives power loss, an unfinished one leaves the old file.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/sys/folder.h"

namespace mlctl::sys {

namespace fs = std::filesystem;

// The Error for a failed system call on `path`: ENOENT → 5, EACCES/EROFS → 4, ENOSPC/EDQUOT/EMFILE/ENOMEM →
// 12, else 1.
Error os_error(int number, std::string_view doing, const fs::path& path);

// Of a regular file, else 7: nothing here waits for a FIFO, or reads a device without an end. More than
// `max_bytes` → 7.
Result<std::string> read_file(const PathAt& path, uint64_t max_bytes = uint64_t{1} << 40);
Result<> read_chunks(const PathAt& path, const std::function<void(std::string_view)>& take);
// Exactly `size` bytes, or 10.
Result<std::string> read_range(const PathAt& path, uint64_t offset, uint64_t size);
// What the user named as input himself may be a FIFO or a device: "<(command)", /dev/stdin.
Result<std::string> read_input(const fs::path& path, uint64_t max_bytes);

// Under a random name in the same folder, fsync, rename over, fsync the folder. Parent folders are made.
Result<> write_file(const PathAt& path, std::string_view bytes, int mode = 0644);
// Whether a name is one of those: a killed process leaves such a file.
bool is_temporary(std::string_view name);
Result<> make_folders(const PathAt& path);
Result<> rename_durably(const PathAt& from, const PathAt& to);
Result<> sync_folder(const PathAt& path);
// A file or a folder with all in it; links are removed, never what they lead to. Absent is fine.
Result<> remove_tree(const PathAt& path);

struct Entry {
  fs::path path;  // relative to the folder that was listed
  uint64_t size = 0;
};
class StopFlag;
struct PassedOver;
// Every regular file below `folder`, sorted by path in byte order; hidden names (".x") are left out. Links
// are followed, each real folder once; what could not be is told to `passed` (core/sys/walk.h).
Result<std::vector<Entry>> list_files(const fs::path& folder, const StopFlag* stop = nullptr,
                                      PassedOver* passed = nullptr);

bool exists(const PathAt& path);
bool is_folder(const PathAt& path);

Result<> write_all(int fd, std::string_view bytes, const fs::path& path);  // `path` is for messages

// An append-only file of records: each append is one write and, where `durable`, an fdatasync.
class AppendFile {
 public:
  AppendFile() = default;
  // Opens (or makes) the file, as open_own() does, and cuts it to `keep` bytes, when keep is given.
  static Result<AppendFile> open(const PathAt& path, int64_t keep = -1);
  Result<> append(std::string_view bytes);
  Result<> sync();
  uint64_t size() const { return size_; }

 private:
  Fd fd_;
  uint64_t size_ = 0;
  fs::path path_;
};

// An exclusive advisory lock held until destruction, which removes the file, or process death. Busy → 6, and
// says which process holds it.
class Lock {
 public:
  static Result<Lock> take(const PathAt& path);
  ~Lock();
  Lock(Lock&& other) noexcept;
  Lock& operator=(Lock&& other) noexcept;

 private:
  Lock(Fd fd, Parent at) : fd_(std::move(fd)), at_(std::move(at)) {}
  Fd fd_;
  Parent at_;
};

// A read-only memory map of a whole regular file, for those that only mlctl writes: bytes that somebody cuts
// off meanwhile raise a signal when they are read (OpenFile has none).
class Mapping {
 public:
  Mapping() = default;
  static Result<Mapping> open(const PathAt& path);
  ~Mapping();
  Mapping(Mapping&& other) noexcept;
  Mapping& operator=(Mapping&& other) noexcept;
  std::string_view bytes() const { return {data_, size_}; }

 private:
  const char* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace mlctl::sys
