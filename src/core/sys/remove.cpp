#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <string>

#include "core/sys/fs.h"
#include "core/sys/names_in.h"

namespace mlctl::sys {

namespace {

Result<> remove_at(int folder, const std::string& name, const fs::path& shown);

// The folder is opened, not named: nothing that is put in its place meanwhile can lead the removal elsewhere.
Result<> remove_content(int above, const std::string& name, const fs::path& shown) {
  const Fd folder(::openat(above, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!folder) return fail(os_error(errno, "remove", shown));
  for (const std::string& each : TRY(names_in(folder.get(), shown)))
    TRY(remove_at(folder.get(), each, shown / each));
  return {};
}

Result<> remove_at(int folder, const std::string& name, const fs::path& shown) {
  if (::unlinkat(folder, name.c_str(), 0) == 0 || errno == ENOENT) return {};
  const int number = errno;  // EISDIR; some file systems say EPERM
  struct stat status {};
  const bool is_folder =
      ::fstatat(folder, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(status.st_mode);
  if (!is_folder) return fail(os_error(number, "remove", shown));
  TRY(remove_content(folder, name, shown));
  if (::unlinkat(folder, name.c_str(), AT_REMOVEDIR) == 0 || errno == ENOENT) return {};
  return fail(os_error(errno, "remove", shown));
}

}  // namespace

Result<> remove_tree(const PathAt& path) {
  const Result<Parent> parent = parent_of(path, Missing::is_error);
  if (!parent && parent.error().code == Exit::not_found) return {};
  if (!parent) return fail(parent.error());
  return remove_at(parent->folder.get(), parent->name, path.path());
}

}  // namespace mlctl::sys
