#pragma once
// The file operations that mlctl relies on. Each gives errors that name the path and the cause. Each write
// is durable: a finished call survives power loss, an unfinished one leaves the old file.

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

// Reads a regular file; anything else → 7, so that nothing here waits for a FIFO or reads a device without
// an end. More than `max_bytes` → 7.
Result<std::string> read_file(const PathAt& path, uint64_t max_bytes = uint64_t{1} << 40);
Result<> read_chunks(const PathAt& path, const std::function<void(std::string_view)>& take);
// Exactly `size` bytes, or 10.
Result<std::string> read_range(const PathAt& path, uint64_t offset, uint64_t size);
// For input that the user named: it may be a FIFO or a device, as "<(command)" and /dev/stdin are.
Result<std::string> read_input(const fs::path& path, uint64_t max_bytes);

// Writes under a random name in the same folder, syncs, renames over the target, syncs the folder. Parent
// folders are made.
Result<> write_file(const PathAt& path, std::string_view bytes, int mode = 0644);
// Whether a name is such a random one: a killed process leaves such a file behind.
bool is_temporary(std::string_view name);
Result<> make_folders(const PathAt& path);
Result<> rename_durably(const PathAt& from, const PathAt& to);
Result<> sync_folder(const PathAt& path);
// Removes a file, or a folder with all that is in it. Links are removed, never what they lead to. Absent is
// fine.
Result<> remove_tree(const PathAt& path);

struct Entry {
  fs::path path;  // relative to the folder that was listed
  uint64_t size = 0;
};
class StopFlag;
struct PassedOver;
// Every regular file below `folder`, sorted by path in byte order; hidden names (".x") are left out. Links
// are followed, and each real folder is listed once. `passed` receives what could not be followed
// (core/sys/walk.h).
Result<std::vector<Entry>> list_files(const fs::path& folder, const StopFlag* stop = nullptr,
                                      PassedOver* passed = nullptr);

bool exists(const PathAt& path);
bool is_folder(const PathAt& path);

Result<> write_all(int fd, std::string_view bytes, const fs::path& path);  // `path` is for messages

// An append-only file of records: each append is a single write and, if `durable`, an fdatasync.
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

// An exclusive advisory lock on a file, held until destruction (which removes the file) or until the
// process dies. Busy → 6, naming the process that holds it.
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

// A read-only memory map of a whole regular file. Only for files that mlctl alone writes: if somebody cuts
// the file meanwhile, reading the lost bytes raises a signal. OpenFile has no such danger.
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
