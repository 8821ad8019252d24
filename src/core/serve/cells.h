#pragma once
// Counters as a block of 64-bit atomics: private, or in a file that all workers of an endpoint's revision
// map. So any worker can answer for all of them, and nothing is lost when one is killed.

#include <atomic>
#include <cstdint>
#include <filesystem>

#include "core/base/result.h"

namespace mlctl::serve {

class Cells {
 public:
  using Cell = std::atomic<uint64_t>;
  static_assert(Cell::is_always_lock_free);

  // An empty path: memory of this process. A file of another size (another layout) starts over.
  static Result<Cells> open(const std::filesystem::path& file, size_t count);
  ~Cells();
  Cells(Cells&& other) noexcept;
  Cells& operator=(Cells&& other) noexcept;

  Cell& operator[](size_t at) const { return cells_[at]; }
  size_t size() const { return count_; }

 private:
  Cells() = default;
  Cell* cells_ = nullptr;
  size_t count_ = 0;
};

}  // namespace mlctl::serve
