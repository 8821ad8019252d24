#pragma once
// Threads where the system may refuse them (pids.max, RLIMIT_NPROC, no memory for a stack). What a thread
// throws is thrown again where its work is waited for: an exception that leaves a thread ends the process.

#include <algorithm>
#include <atomic>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "core/base/result.h"

namespace mlctl {

// Starts up to `count` threads that each run `body`, which must not throw. Fewer where no more can be had,
// even none: whoever asks goes on with those, and does the work itself where there are none.
inline std::vector<std::jthread> start_threads(size_t count, const std::function<void()>& body) {
  std::vector<std::jthread> threads;
  threads.reserve(count);
  try {
    while (threads.size() < count) threads.emplace_back(body);
  } catch (const std::exception&) {  // no thread, or no memory for one
  }
  return threads;
}

// work(i) for i in [0, count), on the caller's thread and up to threads - 1 others. The first failure is the
// outcome, and nothing begins after it.
inline Result<> in_parallel(size_t count, size_t threads, const std::function<Result<>(size_t)>& work) {
  std::atomic<size_t> next{0};
  std::atomic<bool> failed{false};
  std::mutex mutex;
  Result<> outcome;
  std::exception_ptr thrown;
  const auto run = [&] {
    for (size_t i = next++; i < count && !failed; i = next++) {
      try {
        Result<> done = work(i);
        if (done) continue;
        const std::lock_guard hold(mutex);
        if (!failed.exchange(true)) outcome = std::move(done);
      } catch (...) {
        const std::lock_guard hold(mutex);
        if (!failed.exchange(true)) thrown = std::current_exception();
      }
    }
  };
  {
    const auto helpers = start_threads(std::max<size_t>(1, std::min(threads, count)) - 1, run);
    run();
  }
  if (thrown) std::rethrow_exception(thrown);
  return outcome;
}

}  // namespace mlctl
