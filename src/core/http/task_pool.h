#pragma once
// A few threads that take work off the event loops: bodies large enough to keep a loop from its other
// connections are read here.

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace mlctl::serve {

class TaskPool {
 public:
  // How long it had to wait, in seconds. A task answers for its own exceptions.
  using Task = std::function<void(double waited)>;

  // Throws std::system_error where no thread can be started.
  TaskPool(int threads, size_t max_waiting);
  ~TaskPool();  // what waits is still done
  TaskPool(const TaskPool&) = delete;
  TaskPool& operator=(const TaskPool&) = delete;

  // False, and nothing happens, when so many wait already.
  bool submit(Task task);

 private:
  struct Item {
    Task task;
    double arrived = 0;
  };
  void run();
  void stop();

  size_t max_waiting_;
  std::mutex mutex_;
  std::condition_variable filled_;
  std::deque<Item> queue_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace mlctl::serve
