#include "core/sys/cpu.h"

#include <sched.h>

#include <algorithm>
#include <filesystem>

#include "core/base/strings.h"
#include "core/sys/fs.h"

namespace mlctl::sys {
namespace {

std::string line_of(const fs::path& path) {
  const auto text = read_file(path, 1 << 16);
  return text ? std::string(trim(*text)) : "";
}

// The tightest cpu.max from the process's own group up to the root.
int quota_v2() {
  int limit = 0;
  for (const std::string& line : split(line_of("/proc/self/cgroup"), '\n')) {
    if (line.rfind("0::", 0) != 0) continue;
    const fs::path root = "/sys/fs/cgroup";
    for (fs::path group = line.substr(3); !group.empty(); group = group.parent_path()) {
      const int here = cpus_of_quota(line_of(root / group.relative_path() / "cpu.max"));
      if (here > 0) limit = limit > 0 ? std::min(limit, here) : here;
      if (group == group.root_path()) break;
    }
  }
  return limit;
}

int quota_v1() {
  const fs::path folder = "/sys/fs/cgroup/cpu";
  return cpus_of_quota(line_of(folder / "cpu.cfs_quota_us") + " " + line_of(folder / "cpu.cfs_period_us"));
}

}  // namespace

int cpus_of_quota(const std::string& cpu_max) {
  const auto parts = split(cpu_max, ' ');
  if (parts.size() != 2) return 0;
  const auto quota = parse_int(parts[0]), period = parse_int(parts[1]);
  if (!quota || !period || *quota <= 0 || *period <= 0) return 0;
  return static_cast<int>(std::min<int64_t>((*quota + *period - 1) / *period, 4096));
}

int available_cpus() {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  int count = sched_getaffinity(0, sizeof mask, &mask) == 0 ? CPU_COUNT(&mask) : 1;
  for (const int quota : {quota_v2(), quota_v1()})
    if (quota > 0) count = std::min(count, quota);
  return std::max(count, 1);
}

std::string openblas_core() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"))
    return "SkylakeX";
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return "Haswell";
#endif
  return "";
}

}  // namespace mlctl::sys
