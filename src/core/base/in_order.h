#pragma once
// Work spread over threads whose results are consumed in the order of the inputs, with a bounded number of
// them in memory: the output does not depend on the number of threads.

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "core/base/result.h"

namespace mlctl {

// A fixed set of threads that run tasks first in, first out; the destructor finishes what was handed in.
class Workers {
 public:
  explicit Workers(size_t count) {
    for (size_t i = 0; i < std::max<size_t>(1, count); ++i) threads_.emplace_back([this] { serve(); });
  }
  ~Workers() {
    {
      const std::lock_guard hold(mutex_);
      closed_ = true;
    }
    ready_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  void post(std::function<void()> task) {
    {
      const std::lock_guard hold(mutex_);
      tasks_.push_back(std::move(task));
    }
    ready_.notify_one();
  }

 private:
  void serve() {
    for (;;) {
      std::unique_lock hold(mutex_);
      ready_.wait(hold, [this] { return closed_ || !tasks_.empty(); });
      if (tasks_.empty()) return;
      const std::function<void()> task = std::move(tasks_.front());
      tasks_.pop_front();
      hold.unlock();
      task();
    }
  }

  std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<std::function<void()>> tasks_;
  std::vector<std::thread> threads_;
  bool closed_ = false;
};

// produce() gives the next input, or nothing at the end; work(input) runs on a worker; consume(output) runs
// on the caller's thread, in order. The first error of produce or consume ends it all.
template <class In, class Out>
Result<> in_order(size_t threads, const std::function<Result<std::optional<In>>()>& produce,
                  const std::function<Out(In&)>& work, const std::function<Result<>(Out&)>& consume) {
  Workers workers(threads);
  std::deque<std::future<Out>> pending;
  // Whatever happens below, nothing that `work` refers to may end before the workers do.
  bool more = true;
  while (more || !pending.empty()) {
    while (more && pending.size() < threads * 2 + 1) {
      auto input = TRY(produce());
      if (!input) {
        more = false;
        break;
      }
      auto task = std::make_shared<std::packaged_task<Out()>>(
          [&work, item = std::make_shared<In>(std::move(*input))] { return work(*item); });
      pending.push_back(task->get_future());
      workers.post([task] { (*task)(); });
    }
    if (pending.empty()) break;
    Out output = pending.front().get();
    pending.pop_front();
    TRY(consume(output));
  }
  return {};
}

inline size_t default_threads() {
  return std::clamp<size_t>(std::thread::hardware_concurrency(), 1, 16);
}

}  // namespace mlctl
