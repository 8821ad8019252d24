#pragma once
// Where files are. A path that the user typed may lead through links, and is opened as it was typed. Names
// below it, which come from mlctl or from data, are opened strictly: no link is followed, and no name leads
// out of the folder.
//
//   const sys::Folder work = TRY(sys::Folder::make(output));
//   TRY(sys::write_file(work / "train/000.tar", bytes));    // the functions of core/sys/fs.h take both:
//   TRY(sys::write_file(typed_path, bytes));                 // a place in a folder, and a path

#include <sys/stat.h>

#include <concepts>
#include <filesystem>
#include <memory>
#include <string>

#include "core/base/result.h"
#include "core/sys/fd.h"

namespace mlctl::sys {

namespace fs = std::filesystem;

class Folder;

// A path as the user typed it, or a name in a Folder. If the last part of a typed path is a link, it is
// followed only for reading: nothing is written, locked or removed through it.
class PathAt {
 public:
  template <class Path>
    requires std::convertible_to<const Path&, fs::path>
  PathAt(const Path& typed) : below_(typed) {}  // NOLINT: meant to convert
  PathAt operator/(const fs::path& name) const;
  PathAt parent() const;  // the folder that holds it

  fs::path path() const { return root_ / below_; }  // the whole path, for messages
  bool strict() const { return base_ != nullptr; }
  bool is_private() const { return private_; }
  // For openat(2): the folder's descriptor and the name below it.
  int base() const;
  const fs::path& below() const { return below_; }

 private:
  friend class Folder;
  PathAt(std::shared_ptr<const Fd> base, fs::path root, bool is_private)
      : base_(std::move(base)), root_(std::move(root)), private_(is_private) {}

  std::shared_ptr<const Fd> base_;  // null for a typed path
  fs::path root_, below_;           // the path of the base; the path below it
  bool private_ = false;
};

// Who may read what is made in a folder: whoever the umask allows, or nobody else (0700 and 0600).
enum class Readers { umask, nobody };

// An open folder; copies share it. It remains the same folder when it is renamed.
class Folder {
 public:
  static Result<Folder> open(const PathAt& at);  // absent → 5, a link below a Folder → 10
  // Also makes missing folders above it.
  static Result<Folder> make(const PathAt& at, Readers readers = Readers::umask);

  PathAt operator/(const fs::path& name) const { return self_ / name; }
  const PathAt& self() const { return self_; }
  fs::path path() const { return self_.path(); }
  int fd() const { return self_.base(); }

 private:
  explicit Folder(PathAt self) : self_(std::move(self)) {}
  PathAt self_;
};

// The place `below` in `folder`, which is made when absent and must belong to this user alone: for state,
// keys and records.
Result<PathAt> private_place(const fs::path& folder, const fs::path& below);

// The status of what is there. Links are followed on a typed path, and in a Folder only if `follow`. Absent
// → 5.
Result<struct stat> status_of(const PathAt& at, bool follow = false);
// Makes a folder that must not exist yet; false when it does.
Result<bool> claim_folder(const PathAt& at);

// The open folder that holds `at`, and the name in it. With Missing::made, missing folders are made.
struct Parent {
  Fd folder;
  std::string name;
};
enum class Missing { is_error, made };
Result<Parent> parent_of(const PathAt& at, Missing missing);

// Opens for reading. Links are followed on a typed path, not in a Folder. Never waits for a FIFO.
Result<Fd> open_to_read(const PathAt& at);
// The same, only for regular files; anything else → 7.
Result<Fd> open_regular(const PathAt& at);
// Opens a file of mlctl's own that must be found again under its name (a journal, a lock, an unfinished
// object), made when absent. It must be a regular file of this user's with no other name; anything else was
// put there by somebody else → 10 with its name. A file of the folder's owner is accepted, too: the owner
// could exchange what is in the folder at any time, and on some network drives new files belong to the
// owner.
Result<Fd> open_own(const PathAt& at, int flags);

// "a/b/" and "a/b" are one folder.
fs::path without_slash(const fs::path& path);

// The Error for a failed system call on `at`: it names the link, if that was the reason.
Error error_at(const PathAt& at, int number, std::string_view doing);

}  // namespace mlctl::sys
