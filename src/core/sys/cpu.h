#pragma once

#include <string>

namespace mlctl::sys {

// CPUs this process may use: the affinity mask, cut by the cgroup's quota (v2 cpu.max, v1 cfs_quota_us),
// which OpenMP and OpenBLAS ignore. At least 1.
int available_cpus();

// The kernels OpenBLAS should use, from CPUID: "SkylakeX", "Haswell" or "" (let it choose). Debian 12's
// 0.3.21 takes CPUs newer than itself for a Prescott (OpenBLAS issue 4267).
std::string openblas_core();

// "max 100000" or "150000 100000" → CPUs, rounded up; 0 = no limit. Pure.
int cpus_of_quota(const std::string& cpu_max);

}  // namespace mlctl::sys
