#pragma once
// Remembers how the files of datasets and models looked when their bytes were last compared with what is
// listed. While they look the same, checking them again costs one stat per file and no reading. Seals are
// kept in the state folder, not beside the files: a folder that was copied, moved from another machine or
// planted brings no seals along.
//
//   STATE/seals/ID  line 1: a digest of the folder's path
//                   then, for each file: "SIZE MODIFIED CHANGED INODE PATH" (times in ns)
//                   last: "end"

#include <filesystem>
#include <map>
#include <string>

#include "core/sys/file_identity.h"

namespace mlctl {

class Seals {
 public:
  using Files = std::map<std::string, sys::FileIdentity>;  // by path, relative to the folder

  Seals() = default;  // remembers nothing
  explicit Seals(std::filesystem::path root) : root_(std::move(root)) {}

  // Whether every file that keep() recorded for `folder` is still the same file, unchanged.
  bool hold(const std::filesystem::path& folder) const;
  // Records files that were just compared. If that can't be written, they are compared again the next time.
  void keep(const std::filesystem::path& folder, const Files& files) const;

 private:
  std::filesystem::path file_of(const std::string& place) const;

  std::filesystem::path root_;
};

}  // namespace mlctl
