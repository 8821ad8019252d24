#pragma once
// Sources are read more than once: hashed, looked at for columns and classes, then for their rows or
// pictures. Whoever replaces or writes one meanwhile would get a dataset of two halves. So each file is known
// from the first time it is opened, and everything that is read of it later must be of that very state (→ 6).

#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/sys/fs.h"
#include "core/sys/open_file.h"

namespace mlctl {

class SourceWatch {
 public:
  // As sys::list_files(); of a folder that was listed before, the same names.
  Result<std::vector<sys::Entry>> list(const std::filesystem::path& folder,
                                       sys::PassedOver* passed = nullptr);
  void stop_with(const sys::StopFlag& stop) { stop_ = &stop; }  // ends a listing, too

  // To be read piece by piece: check() says of each that it was of the file's first state.
  Result<sys::OpenFile> open(const std::filesystem::path& path);
  Result<> check(const sys::OpenFile& file) const;

  Result<std::string> read(const std::filesystem::path& path, uint64_t max_bytes);
  Result<std::string> sha256(const std::filesystem::path& path);

  // All that open() opened is still in place and as it was: to be asked before the work is called finished,
  // and before bad data is blamed on whoever gave it.
  Result<> settle() const;

 private:
  Result<sys::OpenFile> open_known(const std::filesystem::path& path);
  bool is_listed(const std::filesystem::path& path) const;  // with a folder above it

  const sys::StopFlag* stop_ = nullptr;
  mutable std::mutex mutex_;
  std::map<std::string, sys::FileIdentity> seen_;
  std::map<std::string, sys::FileIdentity> streamed_;  // of those, what open() opened
  std::map<std::string, uint64_t> listings_;           // folder → hash of the names in it
};

}  // namespace mlctl
