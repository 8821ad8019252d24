#include "core/sys/machine.h"

#include <sys/sysinfo.h>
#include <unistd.h>

#include <algorithm>

#include "core/base/strings.h"
#include "core/sys/cgroup.h"
#include "core/sys/fs.h"

namespace mlctl::sys {

namespace {

fs::path nearest(fs::path path) {
  path = fs::absolute(path);
  while (!sys::exists(path) && path.has_parent_path() && path != path.parent_path())
    path = path.parent_path();
  return path;
}

}  // namespace

Result<uint64_t> free_space(const fs::path& path) {
  std::error_code code;
  const fs::space_info space = fs::space(nearest(path), code);
  if (code) return fail(os_error(code.value(), "measure", path));
  return space.available;
}

bool can_write(const fs::path& folder) {
  return ::access(nearest(folder).c_str(), W_OK | X_OK) == 0;
}

std::string machine_maker() {
  const Result<std::string> text = read_file("/sys/class/dmi/id/sys_vendor");
  return text ? std::string(trim(*text)) : "";
}

uint64_t memory_limit() {
  struct sysinfo info {};
  uint64_t limit = ::sysinfo(&info) == 0 ? uint64_t{info.totalram} * info.mem_unit : 0;
  const uint64_t granted = cgroup_limits().memory;
  return granted > 0 ? std::min(limit, granted) : limit;
}

}  // namespace mlctl::sys
