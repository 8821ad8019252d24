#pragma once

#include <cstddef>
#include <string>

namespace mlctl::sys {

// CPUs this process may use: the affinity mask, cut by the quotas of its control groups, which OpenMP and
// OpenBLAS ignore. At least 1.
int available_cpus();
size_t default_threads();  // for work that is spread: as many, at most 16

// How many of `wanted` threads the system lets us start now (pids.max, RLIMIT_NPROC, memory for stacks).
// Libraries that start threads of their own end the process when they can't.
int startable_threads(int wanted);

// The kernels that OpenBLAS should use, from CPUID: "SkylakeX", "Haswell", or "" to let it choose. Needed
// because Debian 12's 0.3.21 takes CPUs newer than itself for a Prescott (OpenBLAS issue 4267).
std::string openblas_core();

// "max 100000" or "150000 100000" → CPUs, rounded up; 0 = no limit. Pure.
int cpus_of_quota(const std::string& cpu_max);

}  // namespace mlctl::sys
