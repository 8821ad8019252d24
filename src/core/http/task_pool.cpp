#include "core/http/task_pool.h"

#include <chrono>
#include <utility>

namespace mlctl::serve {

namespace {
double now_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}
}  // namespace

TaskPool::TaskPool(int threads, size_t max_waiting) : max_waiting_(max_waiting) {
  try {
    for (int at = 0; at < threads; ++at) threads_.emplace_back([this] { run(); });
  } catch (...) {
    stop();
    throw;
  }
}

TaskPool::~TaskPool() {
  stop();
}

void TaskPool::stop() {
  {
    const Hold lock(mutex_);
    stopping_ = true;
  }
  filled_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

bool TaskPool::submit(Task task) {
  {
    const Hold lock(mutex_);
    if (stopping_ || queue_.size() >= max_waiting_) return false;
    queue_.push_back({std::move(task), now_seconds()});
  }
  filled_.notify_one();
  return true;
}

void TaskPool::run() {
  for (;;) {
    Item item;
    {
      Hold lock(mutex_);
      filled_.wait(lock, [this]() MLCTL_REQUIRES(mutex_) { return stopping_ || !queue_.empty(); });
      if (queue_.empty()) return;
      item = std::move(queue_.front());
      queue_.pop_front();
    }
    item.task(now_seconds() - item.arrived);
  }
}

}  // namespace mlctl::serve
