#pragma once
// Work spread over threads whose results are consumed in the order of the inputs, with a bounded number of
// them in memory: the output does not depend on the number of threads.

#include <algorithm>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <vector>

#include "core/base/mutex.h"
#include "core/base/result.h"
#include "core/base/threads.h"

namespace mlctl {

// How many of the threads may work at the moment; null: all.
using AtOnce = std::function<size_t()>;

// A fixed set of threads that run tasks, first in, first out. Tasks must not throw. The destructor finishes
// the tasks that were posted. If no thread can be started, whoever posts a task runs it.
class Workers {
 public:
  explicit Workers(size_t count, AtOnce at_once = nullptr) : at_once_(std::move(at_once)) {
    threads_ = start_threads(std::max<size_t>(1, count), [this] { serve(); });
  }
  ~Workers() {
    {
      const Hold hold(mutex_);
      closed_ = true;
    }
    ready_.notify_all();
    threads_.clear();
  }
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  void post(std::function<void()> task) {
    if (threads_.empty()) return task();
    const Hold hold(mutex_);
    tasks_.push_back(std::move(task));
    if (may_begin()) ready_.notify_one();
  }

 private:
  bool may_begin() const MLCTL_REQUIRES(mutex_) {
    return !tasks_.empty() && (!at_once_ || busy_ < at_once_());
  }

  void serve() {
    Hold hold(mutex_);
    for (;;) {
      ready_.wait(hold, [this]() MLCTL_REQUIRES(mutex_) { return closed_ || may_begin(); });
      if (tasks_.empty()) return;
      const std::function<void()> task = std::move(tasks_.front());
      tasks_.pop_front();
      ++busy_;
      if (at_once_ && may_begin()) ready_.notify_one();  // more may work than when their tasks were posted
      hold.unlock();
      task();
      hold.lock();
      --busy_;
    }
  }

  AtOnce at_once_;
  Mutex mutex_;
  Condition ready_;
  std::deque<std::function<void()>> tasks_ MLCTL_GUARDED_BY(mutex_);
  size_t busy_ MLCTL_GUARDED_BY(mutex_) = 0;
  bool closed_ MLCTL_GUARDED_BY(mutex_) = false;
  std::vector<std::jthread> threads_;  // last member: the threads use the others
};

// For a producer that pushes: work(input) runs on a worker; consume(output) runs on the caller's thread,
// inside push() and finish(), in order. An exception of work() is thrown there, too.
template <class In, class Out>
class Ordered {
 public:
  Ordered(size_t threads, std::function<Out(In&)> work, std::function<Result<>(Out&)> consume,
          AtOnce at_once = nullptr)
      : limit_(threads * 2 + 1),
        work_(std::move(work)),
        consume_(std::move(consume)),
        workers_(threads, std::move(at_once)) {}

  Result<> push(In input) {
    auto task = std::make_shared<std::packaged_task<Out()>>(
        [this, item = std::make_shared<In>(std::move(input))] { return work_(*item); });
    pending_.push_back(task->get_future());
    workers_.post([task] { (*task)(); });
    if (pending_.size() < limit_) return {};
    // One wait for a quarter of them: waking up for each would cost as much as a small task does.
    const size_t some = limit_ / 4 + 1;
    pending_[some - 1].wait();
    for (size_t k = 0; k < some; ++k) TRY(consume_first());
    return {};
  }
  Result<> finish() {
    while (!pending_.empty()) TRY(consume_first());
    return {};
  }

 private:
  Result<> consume_first() {
    Out output = pending_.front().get();
    pending_.pop_front();
    return consume_(output);
  }

  size_t limit_;
  std::function<Out(In&)> work_;
  std::function<Result<>(Out&)> consume_;
  std::deque<std::future<Out>> pending_;
  Workers workers_;  // last member: destroyed before what its tasks refer to
};

// produce() gives the next input, or nothing at the end; work(input) runs on a worker; consume(output) runs
// on the caller's thread, in order. The first error of produce or consume ends the whole.
template <class In, class Out>
Result<> in_order(size_t threads, const std::function<Result<std::optional<In>>()>& produce,
                  const std::function<Out(In&)>& work, const std::function<Result<>(Out&)>& consume) {
  Ordered<In, Out> ordered(threads, work, consume);
  for (auto input = TRY(produce()); input; input = TRY(produce())) TRY(ordered.push(std::move(*input)));
  return ordered.finish();
}

}  // namespace mlctl
