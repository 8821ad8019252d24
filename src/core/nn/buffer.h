#pragma once

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>

namespace mlctl::engine {

// Uninitialised memory on cache lines that only grows: what a plan's blocks compute in, step after step.
template <class T>
class Buffer {
 public:
  T* reserve(int64_t count) {
    if (count > capacity_) {
      constexpr size_t kLine = 64;
      const size_t bytes = (static_cast<size_t>(count) * sizeof(T) + kLine - 1) / kLine * kLine;
      memory_.reset();
      memory_.reset(static_cast<T*>(std::aligned_alloc(kLine, bytes)));
      if (!memory_) throw std::bad_alloc();
      capacity_ = count;
    }
    return memory_.get();
  }
  T* data() const { return memory_.get(); }

 private:
  struct Free {
    void operator()(T* memory) const { std::free(memory); }
  };
  std::unique_ptr<T, Free> memory_;
  int64_t capacity_ = 0;
};

}  // namespace mlctl::engine
