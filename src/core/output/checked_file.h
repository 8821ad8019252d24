#pragma once
// Files that a document lists with their size and SHA-256 (dataset.json, model.json): compared with the list
// and used through one descriptor.

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/hash.h"
#include "core/base/mutex.h"
#include "core/base/result.h"
#include "core/output/file_entry.h"
#include "core/sys/open_file.h"

namespace mlctl {

// `where` names the file in messages; the bytes last as long as the call.
using TakeShard = std::function<Result<>(const std::string& where, std::string_view bytes)>;

// A folder's listed files. What was compared is remembered for as long as this object lives and the file
// does not change: a shard that is read ten times is hashed once. Usable from any thread.
class CheckedFiles {
 public:
  // `document`: the list's name, for messages.
  CheckedFiles(std::filesystem::path folder, std::string document)
      : folder_(std::move(folder)), document_(std::move(document)) {}

  const std::filesystem::path& folder() const { return folder_; }
  // Absent, of another size or other bytes → 10 naming the file.
  Result<> compare(const FileEntry& entry);
  // All of them, on several threads; the first in the list's order that differs is named.
  Result<> compare(const std::vector<FileEntry>& entries);
  // Compares and shows the bytes, which last as long as the call.
  Result<> read(const FileEntry& entry, const TakeShard& take);
  // Marks the file as compared: its bytes were checked on their way into the file.
  void trust(const FileEntry& entry);
  // The files that were compared so far and have not changed since.
  std::map<std::string, sys::FileIdentity> compared();

 private:
  Result<sys::OpenFile> open(const FileEntry& entry) const;
  Result<> judge(const sys::OpenFile& file, const FileEntry& entry, Sha256* digest);
  bool known(const FileEntry& entry, const sys::FileIdentity& identity);
  tl::unexpected<Error> differs(const std::filesystem::path& path, const std::string& how) const;

  std::filesystem::path folder_;
  std::string document_;
  Mutex mutex_;
  std::map<std::string, sys::FileIdentity> compared_ MLCTL_GUARDED_BY(mutex_);  // by path
};

// Looks without reading: names the first listed file that is missing or of another size, in words; "" when
// there is none.
std::string visible_damage(const std::filesystem::path& folder, const std::vector<FileEntry>& entries);

// The entries of the paths that a document names. A path that is not listed must not be used → 10. `where`
// is the document.
Result<std::vector<FileEntry>> listed(const std::vector<FileEntry>& entries,
                                      const std::vector<InsidePath>& paths, const std::string& where);

}  // namespace mlctl
