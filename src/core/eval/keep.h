#pragma once
// Keeps a few of any number of examples, in bounded memory.

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "core/base/random.h"

namespace mlctl {

// A uniform sample of at most `capacity` items of a stream (Vitter's algorithm R), the same for the same
// stream.
template <class T>
class Reservoir {
 public:
  explicit Reservoir(size_t capacity) : capacity_(capacity) {}
  void add(T item) {
    ++seen_;
    if (items_.size() < capacity_) {
      items_.push_back(std::move(item));
    } else if (const uint64_t at = random_.below(seen_); at < capacity_) {
      items_[at] = std::move(item);
    }
  }
  const std::vector<T>& items() const { return items_; }
  uint64_t seen() const { return seen_; }

 private:
  size_t capacity_;
  uint64_t seen_ = 0;
  std::vector<T> items_;
  Random random_{1};
};

// The `capacity` items of the greatest weight; the first of equals.
template <class T>
class Greatest {
 public:
  explicit Greatest(size_t capacity) : capacity_(capacity) {}
  void add(double weight, T item) {
    if (items_.size() == capacity_ && !(weight > items_.front().first)) return;
    items_.emplace_back(weight, std::move(item));
    std::push_heap(items_.begin(), items_.end(), lighter_last);
    if (items_.size() <= capacity_) return;
    std::pop_heap(items_.begin(), items_.end(), lighter_last);
    items_.pop_back();
  }
  std::vector<T> take() {  // greatest first
    std::stable_sort(items_.begin(), items_.end(),
                     [](const auto& a, const auto& b) { return a.first > b.first; });
    std::vector<T> sorted;
    for (auto& [weight, item] : items_) sorted.push_back(std::move(item));
    return sorted;
  }

 private:
  static bool lighter_last(const std::pair<double, T>& a, const std::pair<double, T>& b) {
    return a.first > b.first;  // a min-heap: the lightest in front
  }
  size_t capacity_;
  std::vector<std::pair<double, T>> items_;
};

}  // namespace mlctl
