#pragma once
// Loops over the session's threads. OpenMP, because libtorch's and oneDNN's threads are the same pool.

#include <omp.h>

#include <algorithm>
#include <cstdint>

// The widest vector unit of the machine at hand, chosen once when the module is loaded. No contraction to
// fused multiply-adds (see cmake/Engine.cmake): the results are the same on all of them.
#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__)
#define MLCTL_VECTORIZED __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define MLCTL_VECTORIZED
#endif

namespace mlctl::engine {

// body(begin, end) over [0, count), in at most as many pieces as there are threads, none smaller than `grain`
// (but the last). Pieces are the same for the same thread count.
template <class Body>
void parallel_for(int64_t count, int64_t grain, const Body& body) {
  const int64_t pieces = std::min<int64_t>(omp_get_max_threads(), (count + grain - 1) / grain);
  if (pieces <= 1) {
    if (count > 0) body(int64_t{0}, count);
    return;
  }
  const int64_t size = (count + pieces - 1) / pieces;
#pragma omp parallel for schedule(static, 1)
  for (int64_t piece = 0; piece < pieces; ++piece) {
    const int64_t begin = piece * size, end = std::min(count, begin + size);
    if (begin < end) body(begin, end);
  }
}

}  // namespace mlctl::engine
