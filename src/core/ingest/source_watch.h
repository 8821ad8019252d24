#pragma once
// Sources are read more than once: hashed, looked at for columns and classes, then read for their rows or
// pictures. If one were replaced or written in between, the dataset would be made of two halves. So the
// state of each file is noted when it is first opened, and everything read later must be of that state (→
// 6).

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "core/base/mutex.h"
#include "core/base/result.h"
#include "core/sys/fs.h"
#include "core/sys/open_file.h"

namespace mlctl {

class SourceWatch {
 public:
  // As sys::list_files(). A folder that was listed before must have the same names.
  Result<std::vector<sys::Entry>> list(const std::filesystem::path& folder,
                                       sys::PassedOver* passed = nullptr);
  void stop_with(const sys::StopFlag& stop) { stop_ = &stop; }  // ends a listing, too

  // For reading piece by piece: after each piece, check() tells whether the file is still in its first
  // state.
  Result<sys::OpenFile> open(const std::filesystem::path& path);
  Result<> check(const sys::OpenFile& file) const;

  Result<std::string> read(const std::filesystem::path& path, uint64_t max_bytes);
  Result<std::string> sha256(const std::filesystem::path& path);

  // Checks that every file that open() opened is still in place and unchanged. To be called before the work
  // is called finished, and before the source is blamed for bad data.
  Result<> settle() const;

 private:
  Result<sys::OpenFile> open_known(const std::filesystem::path& path);
  bool is_listed(const std::filesystem::path& path) const MLCTL_REQUIRES(mutex_);  // or a folder above it

  const sys::StopFlag* stop_ = nullptr;
  mutable Mutex mutex_;
  std::map<std::string, sys::FileIdentity> seen_ MLCTL_GUARDED_BY(mutex_);
  std::map<std::string, sys::FileIdentity> streamed_
      MLCTL_GUARDED_BY(mutex_);                                        // those of them that open() opened
  std::map<std::string, uint64_t> listings_ MLCTL_GUARDED_BY(mutex_);  // folder → hash of the names in it
};

}  // namespace mlctl
