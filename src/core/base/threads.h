#pragma once
// Threads, where the system may refuse to start them (pids.max, RLIMIT_NPROC, no memory for a stack). An
// exception that leaves a thread ends the process; so it is caught, and thrown again where the thread's
// work is waited for.

#include <algorithm>
#include <atomic>
#include <exception>
#include <functional>
#include <thread>
#include <vector>

#include "core/base/mutex.h"
#include "core/base/result.h"

namespace mlctl {

// Starts up to `count` threads that each run `body`, which must not throw. Starts fewer, or none, when the
// system allows no more: the caller goes on with those, and does the work itself if there are none.
inline std::vector<std::jthread> start_threads(size_t count, const std::function<void()>& body) {
  std::vector<std::jthread> threads;
  threads.reserve(count);
  try {
    while (threads.size() < count) threads.emplace_back(body);
  } catch (const std::exception&) {  // no thread, or no memory for one
  }
  return threads;
}

// Runs work(i) for i in [0, count), on the caller's thread and up to threads - 1 others. Returns the first
// failure, after which no further work is begun.
inline Result<> in_parallel(size_t count, size_t threads, const std::function<Result<>(size_t)>& work) {
  std::atomic<size_t> next{0};
  std::atomic<bool> failed{false};
  Mutex mutex;
  Result<> outcome;
  std::exception_ptr thrown;
  const auto run = [&] {
    for (size_t i = next++; i < count && !failed; i = next++) {
      try {
        Result<> done = work(i);
        if (done) continue;
        const Hold hold(mutex);
        if (!failed.exchange(true)) outcome = std::move(done);
      } catch (...) {
        const Hold hold(mutex);
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
