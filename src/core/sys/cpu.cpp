#include "core/sys/cpu.h"

#include <sched.h>

#include <algorithm>
#include <latch>

#include "core/base/strings.h"
#include "core/base/threads.h"
#include "core/sys/cgroup.h"

namespace mlctl::sys {
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
  if (const int quota = cgroup_limits().cpus; quota > 0) count = std::min(count, quota);
  return std::max(count, 1);
}

size_t default_threads() {
  return std::min<size_t>(static_cast<size_t>(available_cpus()), 16);
}

int startable_threads(int wanted) {
  std::latch ready(1);
  const auto threads = start_threads(static_cast<size_t>(std::max(wanted, 0)), [&] { ready.wait(); });
  ready.count_down();
  return static_cast<int>(threads.size());
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
