#pragma once
// Bytes that many share: whoever needs memory takes its share before, and gives it back by going out of
// scope. So what strangers send can cost no more than the whole, however many they are.

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <utility>

namespace mlctl {

class Budget {
 public:
  // What one holder has taken.
  class Share {
   public:
    Share() = default;
    ~Share() { resize(0); }
    Share(Share&& other) noexcept
        : budget_(std::exchange(other.budget_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
    Share& operator=(Share&& other) noexcept {
      std::swap(budget_, other.budget_);
      std::swap(bytes_, other.bytes_);
      return *this;
    }

    size_t bytes() const { return bytes_; }
    // Becomes `bytes`; false, and nothing changes, when it is more and there is not so much left.
    bool resize(size_t bytes) {
      if (budget_ == nullptr) return bytes == 0;
      if (bytes > bytes_ && !budget_->take(bytes - bytes_)) return false;
      if (bytes < bytes_) budget_->give_back(bytes_ - bytes);
      bytes_ = bytes;
      return true;
    }

   private:
    friend class Budget;
    Share(Budget* budget, size_t bytes) : budget_(budget), bytes_(bytes) {}
    Budget* budget_ = nullptr;
    size_t bytes_ = 0;
  };

  explicit Budget(size_t whole) : whole_(whole) {}
  Budget(const Budget&) = delete;
  Budget& operator=(const Budget&) = delete;

  // An empty share, to be resized. The budget must outlive it.
  Share share() { return {this, 0}; }

  // Waits until there is so much left. More than the whole is given to one who is alone.
  Share wait_for(size_t bytes) {
    std::unique_lock lock(mutex_);
    given_back_.wait(lock, [&] { return used_ == 0 || (used_ <= whole_ && bytes <= whole_ - used_); });
    used_ += bytes;
    return {this, bytes};
  }

  size_t whole() const { return whole_; }
  size_t used() const {
    const std::lock_guard lock(mutex_);
    return used_;
  }

 private:
  bool take(size_t bytes) {
    const std::lock_guard lock(mutex_);
    if (used_ > whole_ || bytes > whole_ - used_) return false;
    used_ += bytes;
    return true;
  }
  void give_back(size_t bytes) {
    {
      const std::lock_guard lock(mutex_);
      used_ -= bytes;
    }
    given_back_.notify_all();
  }

  const size_t whole_;
  mutable std::mutex mutex_;
  std::condition_variable given_back_;
  size_t used_ = 0;
};

}  // namespace mlctl
