#pragma once
// A mutex that says what it guards: clang's thread safety analysis (`make thread-safety`) refuses code that
// reads or writes a guarded member without holding its mutex. To other compilers the annotations are nothing.

#include <condition_variable>
#include <mutex>

#if defined(__clang__)
#define MLCTL_ANNOTATION(x) __attribute__((x))
#else
#define MLCTL_ANNOTATION(x)
#endif
#define MLCTL_GUARDED_BY(mutex) MLCTL_ANNOTATION(guarded_by(mutex))
// Of a function: its caller holds the mutex.
#define MLCTL_REQUIRES(mutex) MLCTL_ANNOTATION(requires_capability(mutex))
// … and the function lets go of it for a while, through a Hold that it was given, which the analysis can't follow.
#define MLCTL_YIELDS(mutex) MLCTL_REQUIRES(mutex) MLCTL_ANNOTATION(no_thread_safety_analysis)

namespace mlctl {

class MLCTL_ANNOTATION(capability("mutex")) Mutex {
 public:
  void lock() MLCTL_ANNOTATION(acquire_capability()) { mutex_.lock(); }
  void unlock() MLCTL_ANNOTATION(release_capability()) { mutex_.unlock(); }

 private:
  friend class Hold;
  std::mutex mutex_;
};

// Holds a mutex until the end of its scope; unlock() and lock() let others in between.
class MLCTL_ANNOTATION(scoped_lockable) Hold {
 public:
  explicit Hold(Mutex& mutex) MLCTL_ANNOTATION(acquire_capability(mutex)) : lock_(mutex.mutex_) {}
  ~Hold() MLCTL_ANNOTATION(release_capability()) {}
  Hold(const Hold&) = delete;
  Hold& operator=(const Hold&) = delete;

  void lock() MLCTL_ANNOTATION(acquire_capability()) { lock_.lock(); }
  void unlock() MLCTL_ANNOTATION(release_capability()) { lock_.unlock(); }
  bool owns_lock() const { return lock_.owns_lock(); }

 private:
  friend class Condition;
  std::unique_lock<std::mutex> lock_;
};

// A condition variable for it. `until` is called with the mutex held: annotate it with MLCTL_REQUIRES.
class Condition {
 public:
  void wait(Hold& hold) { condition_.wait(hold.lock_); }
  template <class Until>
  void wait(Hold& hold, Until until) MLCTL_ANNOTATION(no_thread_safety_analysis) {
    condition_.wait(hold.lock_, std::move(until));
  }
  void notify_one() { condition_.notify_one(); }
  void notify_all() { condition_.notify_all(); }

 private:
  std::condition_variable condition_;
};

}  // namespace mlctl
