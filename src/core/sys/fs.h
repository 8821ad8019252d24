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

namespace mlctl::sys {

namespace fs = std::filesystem;

// The Error for a failed system call on `path`: ENOENT → 5, EACCES/EROFS → 4, ENOSPC/EDQUOT/EMFILE/ENOMEM →
// 12, else 1.
Error os_error(int number, std::string_view doing, const fs::path& path);

Result<std::string> read_file(const fs::path& path, uint64_t max_bytes = uint64_t{1} << 40);
Result<> read_chunks(const fs::path& path, const std::function<void(std::string_view)>& take);
Result<std::string> read_range(const fs::path& path, uint64_t offset,
                               uint64_t size);  // exactly size bytes, or 10

// write `path`.tmp-PID in the same folder, fsync, rename over, fsync the folder. Parent folders are made.
Result<> write_file(const fs::path& path, std::string_view bytes, int mode = 0644);
Result<> make_folders(const fs::path& path);
Result<> rename_durably(const fs::path& from, const fs::path& to);
Result<> sync_folder(const fs::path& path);
Result<> remove_tree(const fs::path& path);  // absent is fine

struct Entry {
  fs::path path;  // relative to the folder that was listed
  uint64_t size = 0;
};
// Every regular file below `folder`, sorted by path in byte order; hidden names (".x") are left out.
Result<std::vector<Entry>> list_files(const fs::path& folder);

bool exists(const fs::path& path);
bool is_folder(const fs::path& path);

// An append-only file of records: each append is one write and, where `durable`, an fdatasync.
class AppendFile {
 public:
  AppendFile() = default;
  ~AppendFile();
  AppendFile(AppendFile&& other) noexcept;
  AppendFile& operator=(AppendFile&& other) noexcept;
  // Opens (or makes) the file and cuts it to `keep` bytes, when keep is given.
  static Result<AppendFile> open(const fs::path& path, int64_t keep = -1);
  Result<> append(std::string_view bytes);
  Result<> sync();
  uint64_t size() const { return size_; }

 private:
  int fd_ = -1;
  uint64_t size_ = 0;
  fs::path path_;
};

// An exclusive advisory lock held until destruction, which removes the file, or process death. Busy → 6, and
// says which process holds it.
class Lock {
 public:
  static Result<Lock> take(const fs::path& path);
  ~Lock();
  Lock(Lock&& other) noexcept;
  Lock& operator=(Lock&& other) noexcept;

 private:
  Lock(int fd, fs::path path) : fd_(fd), path_(std::move(path)) {}
  int fd_ = -1;
  fs::path path_;
};

// A read-only memory map of a whole file.
class Mapping {
 public:
  Mapping() = default;
  static Result<Mapping> open(const fs::path& path);
  ~Mapping();
  Mapping(Mapping&& other) noexcept;
  Mapping& operator=(Mapping&& other) noexcept;
  std::string_view bytes() const { return {data_, size_}; }

 private:
  const char* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace mlctl::sys
