#pragma once
// Where files are. A folder that the user typed is opened as he typed it, through whatever links; what mlctl
// or the data name below it is reached from there strictly: no link is followed, and no name leads out.
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

// A path as the user typed it, or a name in a Folder. Of a typed path, too, the last part is only followed
// when a link to read: nothing is written, locked or removed through a link at the very place.
class PathAt {
 public:
  template <class Path>
    requires std::convertible_to<const Path&, fs::path>
  PathAt(const Path& typed) : below_(typed) {}  // NOLINT: meant to convert
  PathAt operator/(const fs::path& name) const;
  PathAt parent() const;  // the folder that holds it

  fs::path path() const { return root_ / below_; }  // the whole of it, for messages
  bool strict() const { return base_ != nullptr; }
  bool is_private() const { return private_; }
  // For openat(2): the folder and the name from there.
  int base() const;
  const fs::path& below() const { return below_; }

 private:
  friend class Folder;
  PathAt(std::shared_ptr<const Fd> base, fs::path root, bool is_private)
      : base_(std::move(base)), root_(std::move(root)), private_(is_private) {}

  std::shared_ptr<const Fd> base_;  // null: typed
  fs::path root_, below_;           // of the base; from there
  bool private_ = false;
};

// Whether others may read what is made in a folder: as the umask says, or never (0700 and 0600).
enum class Readers { umask, nobody };

// An open folder; copies share it. It stays the same one when it is renamed.
class Folder {
 public:
  static Result<Folder> open(const PathAt& at);  // absent → 5, a link below a Folder → 10
  // With those above it, where they are missing.
  static Result<Folder> make(const PathAt& at, Readers readers = Readers::umask);

  PathAt operator/(const fs::path& name) const { return self_ / name; }
  const PathAt& self() const { return self_; }
  fs::path path() const { return self_.path(); }
  int fd() const { return self_.base(); }

 private:
  explicit Folder(PathAt self) : self_(std::move(self)) {}
  PathAt self_;
};

// `below` in a folder that is this user's alone, and is made when absent: for state, keys and records.
Result<PathAt> private_place(const fs::path& folder, const fs::path& below);

// What is there: of a typed path through links, of a name in a Folder without, unless `follow`. Absent → 5.
Result<struct stat> status_of(const PathAt& at, bool follow = false);
// Makes a folder that must not be there yet: false when it is.
Result<bool> claim_folder(const PathAt& at);

// The folder that holds `at`, open, and the name there. With `made`, folders that are missing are made.
struct Parent {
  Fd folder;
  std::string name;
};
enum class Missing { is_error, made };
Result<Parent> parent_of(const PathAt& at, Missing missing);

// Opens what is read: a typed path through links, a name in a Folder without. Never waits for a FIFO.
Result<Fd> open_to_read(const PathAt& at);
// The same of a regular file; anything else → 7.
Result<Fd> open_regular(const PathAt& at);
// Opens a file of mlctl's own that must be found again under its name (a journal, a lock, half of an object),
// made when absent. Only a regular file that belongs to this user and has no other name will do; anything
// else was put there by somebody, and → 10 with its name. (As good as this user's is one of the folder's
// owner: he could exchange what is in it at any time, and on some network drives new files are his.)
Result<Fd> open_own(const PathAt& at, int flags);

// "a/b/" and "a/b" are one folder.
fs::path without_slash(const fs::path& path);

// The Error for a system call on `at` that failed: names the link when it was one.
Error error_at(const PathAt& at, int number, std::string_view doing);

}  // namespace mlctl::sys
