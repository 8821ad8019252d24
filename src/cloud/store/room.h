#pragma once
// Memory for bytes on their way from one store to another, shared by all that goes on at once.

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace mlctl {

class Room {
 public:
  explicit Room(uint64_t bytes) : size_(bytes), free_(bytes) {}

  // Given back when it ends. More than there is counts as all there is.
  class Taken {
   public:
    Taken(Room& room, uint64_t bytes) : room_(room), bytes_(bytes) {}
    ~Taken() { room_.give(bytes_); }
    Taken(const Taken&) = delete;
    Taken& operator=(const Taken&) = delete;

   private:
    Room& room_;
    uint64_t bytes_;
  };
  // Waits until there is as much. Who holds some must not take more.
  [[nodiscard]] Taken take(uint64_t bytes) {
    bytes = std::min(bytes, size_);
    std::unique_lock hold(mutex_);
    given_.wait(hold, [&] { return free_ >= bytes; });
    free_ -= bytes;
    return {*this, bytes};
  }

 private:
  void give(uint64_t bytes) {
    {
      const std::lock_guard hold(mutex_);
      free_ += bytes;
    }
    given_.notify_all();
  }

  const uint64_t size_;
  std::mutex mutex_;
  std::condition_variable given_;
  uint64_t free_;
};

}  // namespace mlctl
