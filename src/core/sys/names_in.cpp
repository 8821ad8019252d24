#include "core/sys/names_in.h"

#include <dirent.h>
#include <fcntl.h>

#include <cerrno>
#include <memory>

#include "core/sys/fs.h"

namespace mlctl::sys {

Result<std::vector<std::string>> names_in(int folder, const fs::path& shown, size_t most) {
  // A second description of the folder, so that reading it does not move the caller's position.
  Fd own(::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const auto close = [](DIR* open) { ::closedir(open); };
  const std::unique_ptr<DIR, decltype(close)> stream(own ? ::fdopendir(own.get()) : nullptr, close);
  if (!stream) return fail(os_error(errno, "list", shown));
  own.release();
  std::vector<std::string> names;
  while (names.size() < most) {
    errno = 0;
    const dirent* const entry = ::readdir(stream.get());
    if (entry == nullptr && errno != 0) return fail(os_error(errno, "list", shown));
    if (entry == nullptr) return names;
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  return names;
}

}  // namespace mlctl::sys
