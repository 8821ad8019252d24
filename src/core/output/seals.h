#pragma once
// What the files of datasets and models looked like when their bytes were last compared with what is listed:
// while they look the same, looking again costs a stat a file and no reading. Kept in the state folder, not
// beside the files: what is copied, moved to another machine or planted brings no seal along.
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

  // Every file of `folder` that keep() was told of is the very one, unchanged.
  bool hold(const std::filesystem::path& folder) const;
  // These were compared. Where it can't be written, they are compared again the next time.
  void keep(const std::filesystem::path& folder, const Files& files) const;

 private:
  std::filesystem::path file_of(const std::string& place) const;

  std::filesystem::path root_;
};

}  // namespace mlctl
