#pragma once
// Threads fetch things ahead of a reader who takes them in order. What is being fetched, plus what was
// fetched and not yet released, stays within a bound; only a single thing larger than the bound may exceed
// it. If no thread can be started, the reader fetches each thing itself. An exception in a thread is thrown
// again where the reader would get that thing.

#include <algorithm>
#include <exception>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "core/base/mutex.h"
#include "core/base/result.h"
#include "core/base/threads.h"

namespace mlctl {

template <class T>
struct AheadPlan {
  std::vector<uint64_t> sizes;  // in bytes, of the things in the reader's order
  uint64_t bound = 0;           // of the bytes held at a time
  size_t threads = 1;
  // Called for each thing in order, one call at a time. Returns the thing if it is there already, or
  // nothing if there is room to fetch it. No room (12) → called again once the reader has released
  // something.
  std::function<Result<std::optional<T>>(size_t, uint64_t under_way)> claim;
  // Called from any thread. Should end early once closed() is true.
  std::function<Result<T>(size_t, const std::function<bool()>& closed)> fetch;
};

template <class T>
class ReadAhead {
 public:
  explicit ReadAhead(AheadPlan<T> plan) : plan_(std::move(plan)) {
    const size_t threads = std::min(std::max<size_t>(1, plan_.threads), plan_.sizes.size());
    threads_ = start_threads(threads, [this] { serve(); });
  }
  ~ReadAhead() {
    {
      const Hold hold(mutex_);
      closed_ = true;
    }
    changed_.notify_all();
    threads_.clear();
  }
  ReadAhead(const ReadAhead&) = delete;
  ReadAhead& operator=(const ReadAhead&) = delete;

  // Waits for the next thing. The one before is released.
  Result<T*> next() {
    Hold hold(mutex_);
    if (reading_ > 0) let_go(reading_ - 1);
    const size_t k = reading_++;
    changed_.notify_all();
    if (threads_.empty()) bring(hold);
    changed_.wait(hold, [&]() MLCTL_REQUIRES(mutex_) { return things_.contains(k) || thrown_; });
    if (!things_.contains(k)) std::rethrow_exception(thrown_);
    Result<T>& thing = things_.at(k);
    if (!thing) return fail(thing.error());
    return &*thing;
  }

 private:
  void let_go(size_t k) MLCTL_REQUIRES(mutex_) {
    things_.erase(k);
    held_ -= plan_.sizes[k];
  }

  bool may_claim() const MLCTL_REQUIRES(mutex_) {
    if (claimed_ == plan_.sizes.size()) return false;
    return held_ == 0 || held_ + plan_.sizes[claimed_] <= plan_.bound;
  }

  void serve()
      MLCTL_ANNOTATION(no_thread_safety_analysis) {  // after an exception it may hold the mutex or not
    Hold hold(mutex_);
    try {
      for (;;) {
        changed_.wait(hold, [&]() MLCTL_REQUIRES(mutex_) { return closed_ || may_claim(); });
        if (closed_) return;
        if (!bring(hold)) changed_.wait(hold);
      }
    } catch (...) {
      if (!hold.owns_lock()) hold.lock();
      thrown_ = std::current_exception();
      claimed_ = plan_.sizes.size();
      changed_.notify_all();
    }
  }

  // Fetches the next thing that no thread has claimed; false when there is no room for it yet.
  bool bring(Hold& hold) MLCTL_YIELDS(mutex_) {
    const size_t k = claimed_;
    Result<std::optional<T>> there = plan_.claim(k, under_way_);
    if (!there && there.error().code == Exit::resource && held_ > 0) return false;
    ++claimed_;
    held_ += plan_.sizes[k];
    Result<T> thing = there && *there ? Result<T>(std::move(**there)) : fetch(k, there, hold);
    if (!thing) claimed_ = plan_.sizes.size();  // nobody reads on after an error
    things_.emplace(k, std::move(thing));
    changed_.notify_all();
    return true;
  }

  Result<T> fetch(size_t k, const Result<std::optional<T>>& there, Hold& hold) MLCTL_YIELDS(mutex_) {
    if (!there) return fail(there.error());
    under_way_ += plan_.sizes[k];
    hold.unlock();
    Result<T> thing = plan_.fetch(k, [this] {
      const Hold look(mutex_);
      return closed_;
    });
    hold.lock();
    under_way_ -= plan_.sizes[k];
    return thing;
  }

  AheadPlan<T> plan_;
  Mutex mutex_;
  Condition changed_;
  std::map<size_t, Result<T>> things_ MLCTL_GUARDED_BY(mutex_);
  size_t claimed_ MLCTL_GUARDED_BY(mutex_) = 0;
  size_t reading_ MLCTL_GUARDED_BY(mutex_) = 0;
  uint64_t held_ MLCTL_GUARDED_BY(mutex_) = 0;
  uint64_t under_way_ MLCTL_GUARDED_BY(mutex_) = 0;
  bool closed_ MLCTL_GUARDED_BY(mutex_) = false;
  std::exception_ptr thrown_ MLCTL_GUARDED_BY(mutex_);
  std::vector<std::jthread> threads_;  // last member: the threads use the others
};

}  // namespace mlctl
