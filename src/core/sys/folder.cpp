#include "core/sys/folder.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include <fmt/format.h>

#include "core/sys/beneath.h"
#include "core/sys/fs.h"

namespace mlctl::sys {

namespace {

constexpr mode_t kOpenToAll = 0777, kPrivate = 0700;

Result<> check_name(const PathAt& at) {
  if (!at.strict()) return {};
  bool leads_out = at.below().is_absolute() || at.below().native().find('\0') != std::string::npos;
  for (const fs::path& part : at.below()) leads_out = leads_out || part == "..";
  if (!leads_out) return {};
  return fail(Exit::data, fmt::format("{} is not inside the folder it was named in", at.path().string()),
              "names in a folder have no \"..\" and do not begin with \"/\"");
}

// A folder as the user typed it, or strictly below its base.
Fd open_folder(const PathAt& at, const fs::path& below, int how = O_PATH) {
  const fs::path name = below.empty() ? fs::path(".") : below;
  const int flags = how | O_DIRECTORY | O_CLOEXEC;
  return at.strict() ? open_beneath(at.base(), name.c_str(), flags)
                     : Fd(::openat(AT_FDCWD, name.c_str(), flags));
}

// Opens a folder so that it can be synced, too, if it may be read.
Fd open_readable(const PathAt& at, const fs::path& below) {
  if (at.strict() && below.empty()) return Fd(::fcntl(at.base(), F_DUPFD_CLOEXEC, 0));
  Fd fd = open_folder(at, below, O_RDONLY);
  return fd || errno != EACCES ? std::move(fd) : open_folder(at, below);
}

int make_one(const PathAt& at, const fs::path& below) {
  const mode_t mode = at.is_private() ? kPrivate : kOpenToAll;
  if (!at.strict()) return ::mkdirat(AT_FDCWD, below.c_str(), mode);
  const Fd parent = open_folder(at, below.parent_path());
  return parent ? ::mkdirat(parent.get(), below.filename().c_str(), mode) : -1;
}

// Makes the folders that are missing. Returns 0 or errno.
int make_all(const PathAt& at, const fs::path& below) {
  if (below.empty() || open_folder(at, below)) return 0;
  if (errno != ENOENT) return errno;
  const fs::path above = without_slash(below).parent_path();
  if (const int number = above == below ? 0 : make_all(at, above)) return number;
  return make_one(at, without_slash(below)) == 0 || errno == EEXIST ? 0 : errno;
}

Result<> make_parents(const PathAt& at, const fs::path& below) {
  const int number = make_all(at, below);
  return number == 0 ? Result<>() : fail(error_at(at, number, "make the folder of"));
}

// The path of the first part of the name that is a link; "" when none is.
fs::path link_on_the_way(const PathAt& at) {
  fs::path above, link = at.path().native().substr(0, at.path().native().size() - at.below().native().size());
  for (const fs::path& part : at.below()) {
    link /= part;
    struct stat status {};
    const Fd folder = open_folder(at, above);
    if (!folder || ::fstatat(folder.get(), part.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) return {};
    if (S_ISLNK(status.st_mode)) return link;
    above /= part;
  }
  return {};
}

Error is_link(const fs::path& link) {
  return {Exit::integrity,
          fmt::format("{} is a symbolic link, and nothing is written through links there", link.string()),
          {},
          "remove the link, or choose another place",
          {}};
}

Error not_ours(const PathAt& at, const std::string& what) {
  return {Exit::integrity,
          fmt::format("{} {}: mlctl did not make it", at.path().string(), what),
          {},
          "remove it, or choose another place",
          {}};
}

Result<> check_own(const PathAt& at, const struct stat& file, const Fd& folder) {
  if (S_ISDIR(file.st_mode)) return fail(not_ours(at, "is a folder"));
  if (!S_ISREG(file.st_mode)) return fail(not_ours(at, "is not a regular file"));
  if (file.st_nlink > 1) return fail(not_ours(at, "has another name, as a hard link"));
  struct stat holds {};
  const bool ours =
      file.st_uid == ::geteuid() || (::fstat(folder.get(), &holds) == 0 && holds.st_uid == file.st_uid);
  return ours ? Result<>() : fail(not_ours(at, fmt::format("belongs to another user (uid {})", file.st_uid)));
}

}  // namespace

fs::path without_slash(const fs::path& path) {
  return path.has_filename() || !path.has_relative_path() ? path : path.parent_path();
}

int PathAt::base() const {
  return base_ == nullptr ? AT_FDCWD : base_->get();
}

PathAt PathAt::operator/(const fs::path& name) const {
  PathAt at = *this;
  at.below_ /= name;  // an absolute name stays one, and is refused
  return at;
}

PathAt PathAt::parent() const {
  PathAt at = *this;
  at.below_ = without_slash(below_).parent_path();
  return at;
}

Result<Folder> Folder::open(const PathAt& at) {
  TRY(check_name(at));
  Fd fd = open_readable(at, at.below());
  if (!fd) return fail(error_at(at, errno, "open the folder"));
  return Folder(PathAt(std::make_shared<const Fd>(std::move(fd)), without_slash(at.path()), at.private_));
}

Result<Folder> Folder::make(const PathAt& at, Readers readers) {
  TRY(check_name(at));
  PathAt made = at;
  made.private_ = at.private_ || readers == Readers::nobody;
  Result<Folder> there = open(made);
  if (there || there.error().code != Exit::not_found) return there;
  TRY(make_parents(made, made.below()));
  return open(made);
}

Result<PathAt> private_place(const fs::path& folder, const fs::path& below) {
  const Folder made = TRY(Folder::make(folder, Readers::nobody));
  return made / below;
}

Result<struct stat> status_of(const PathAt& at, bool follow) {
  TRY(check_name(at));
  struct stat status {};
  if (!at.strict() || follow) {
    const fs::path name = at.below().empty() ? fs::path(".") : at.below();
    if (::fstatat(at.base(), name.c_str(), &status, 0) == 0) return status;
  } else if (at.below().empty()) {
    if (::fstat(at.base(), &status) == 0) return status;
  } else {
    const Parent parent = TRY(parent_of(at, Missing::is_error));
    if (::fstatat(parent.folder.get(), parent.name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0) return status;
  }
  return fail(error_at(at, errno, "read"));
}

Result<bool> claim_folder(const PathAt& at) {
  const Parent parent = TRY(parent_of(at, Missing::made));
  if (::mkdirat(parent.folder.get(), parent.name.c_str(), at.is_private() ? kPrivate : kOpenToAll) == 0)
    return true;
  return errno == EEXIST ? Result<bool>(false) : fail(error_at(at, errno, "make the folder"));
}

Result<Parent> parent_of(const PathAt& at, Missing missing) {
  TRY(check_name(at));
  const fs::path below = without_slash(at.below());
  if (missing == Missing::made) TRY(make_parents(at, below.parent_path()));
  Parent parent{open_readable(at, below.parent_path()), below.filename().string()};
  if (!parent.folder) return fail(error_at(at, errno, "use"));
  return parent;
}

Result<Fd> open_to_read(const PathAt& at) {
  TRY(check_name(at));
  constexpr int kFlags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
  Fd fd = at.strict() ? open_beneath(at.base(), at.below().c_str(), kFlags)
                      : Fd(::open(at.path().c_str(), kFlags));
  if (!fd) return fail(error_at(at, errno, "read"));
  return fd;
}

Result<Fd> open_own(const PathAt& at, int flags) {
  const Parent parent = TRY(parent_of(at, Missing::made));
  const mode_t mode = at.is_private() ? 0600 : 0644;
  Fd fd(::openat(parent.folder.get(), parent.name.c_str(),
                 flags | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, mode));
  const int number = errno;
  struct stat status {};
  const bool known =
      fd ? ::fstat(fd.get(), &status) == 0
         : ::fstatat(parent.folder.get(), parent.name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0;
  if (known && S_ISLNK(status.st_mode)) return fail(is_link(at.path()));
  if (known) TRY(check_own(at, status, parent.folder));
  if (!fd) return fail(os_error(number, "write", at.path()));
  return fd;
}

Error error_at(const PathAt& at, int number, std::string_view doing) {
  if (at.strict() && (number == ELOOP || number == ENOTDIR || number == EXDEV)) {
    const fs::path link = link_on_the_way(at);
    if (!link.empty()) return is_link(link);
  }
  return os_error(number, doing, at.path());
}

}  // namespace mlctl::sys
