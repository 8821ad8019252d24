#pragma once
// A few threads that take work off the event loops. Large bodies are read here, so that a loop can go on
// with its other connections.

#include <cstddef>
#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "core/base/mutex.h"

namespace mlctl::serve {

class TaskPool {
 public:
  // `waited`: seconds in the queue. A task must catch its own exceptions.
  using Task = std::function<void(double waited)>;

  // Throws std::system_error where no thread can be started.
  TaskPool(int threads, size_t max_waiting);
  ~TaskPool();  // finishes the tasks that wait
  TaskPool(const TaskPool&) = delete;
  TaskPool& operator=(const TaskPool&) = delete;

  // False, and the task is not taken, when `max_waiting` tasks wait already.
  bool submit(Task task);

 private:
  struct Item {
    Task task;
    double arrived = 0;
  };
  void run();
  void stop();

  size_t max_waiting_;
  Mutex mutex_;
  Condition filled_;
  std::deque<Item> queue_ MLCTL_GUARDED_BY(mutex_);
  bool stopping_ MLCTL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace mlctl::serve
