#pragma once
// A number of bytes shared by many holders. Whoever needs memory takes a share first; the share is given
// back when it goes out of scope. So callers together can never make us use more than the whole, however
// many they are.

#include <cstddef>
#include <utility>

#include "core/base/mutex.h"

namespace mlctl {

class Budget {
 public:
  // The bytes that one holder has taken.
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
    // Grows or shrinks to `bytes`. Returns false and changes nothing when too little is left to grow.
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

  // An empty share, for resize(). The budget must outlive it.
  Share share() { return {this, 0}; }

  // Waits until `bytes` are free. More than the whole is granted once nobody else holds anything.
  Share wait_for(size_t bytes) {
    Hold lock(mutex_);
    given_back_.wait(lock, [&]() MLCTL_REQUIRES(mutex_) {
      return used_ == 0 || (used_ <= whole_ && bytes <= whole_ - used_);
    });
    used_ += bytes;
    return {this, bytes};
  }

  size_t whole() const { return whole_; }
  size_t used() const {
    const Hold lock(mutex_);
    return used_;
  }

 private:
  bool take(size_t bytes) {
    const Hold lock(mutex_);
    if (used_ > whole_ || bytes > whole_ - used_) return false;
    used_ += bytes;
    return true;
  }
  void give_back(size_t bytes) {
    {
      const Hold lock(mutex_);
      used_ -= bytes;
    }
    given_back_.notify_all();
  }

  const size_t whole_;
  mutable Mutex mutex_;
  Condition given_back_;
  size_t used_ MLCTL_GUARDED_BY(mutex_) = 0;
};

}  // namespace mlctl
