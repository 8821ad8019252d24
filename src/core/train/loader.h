#pragma once
// Batches of a packed split in a given order. A thread fills the next batch while the last one is used; if
// no thread can be started, next() fills it.

#include <array>
#include <cstdint>
#include <exception>
#include <thread>
#include <vector>

#include "core/base/mutex.h"
#include "core/engine/engine.h"
#include "core/features/pixels.h"
#include "core/model/package.h"
#include "core/train/pack.h"
#include "core/train/spec.h"

namespace mlctl {

// The samples of an epoch in their order: a function of (seed, epoch) alone.
std::vector<uint32_t> epoch_order(int64_t samples, uint64_t seed, int64_t epoch);

// Owns one batch's arrays.
struct BatchBuffer {
  std::vector<float> features, targets;
  std::vector<int32_t> codes, tokens, labels;
  std::vector<int64_t> offsets;
  int64_t size = 0;
  Batch view() const;
};

// Fills batches; const and shared between threads.
class Filler {
 public:
  Filler(const PackedSplit& split, const Model& model, Augment augment, uint64_t seed);
  void fill(std::span<const uint32_t> samples, int64_t epoch, BatchBuffer& out) const;

 private:
  void fill_pixels(std::span<const uint32_t> samples, int64_t epoch, BatchBuffer& out) const;
  void fill_tokens(std::span<const uint32_t> samples, BatchBuffer& out) const;

  const PackedSplit* split_;
  ImagePreprocess image_;
  std::vector<PixelScale> scale_;  // images: one
  Augment augment_;
  uint64_t seed_;
};

// One pass over `order` from batch `first` on.
class Batches {
 public:
  Batches(const Filler& filler, std::vector<uint32_t> order, int64_t batch_size, int64_t epoch,
          int64_t first = 0);
  ~Batches();
  Batches(const Batches&) = delete;
  Batches& operator=(const Batches&) = delete;

  // Valid until the next call; null at the end.
  const BatchBuffer* next();

 private:
  void work() MLCTL_ANNOTATION(no_thread_safety_analysis);  // after an exception it may hold the mutex or not
  void fill_next(Hold& lock) MLCTL_YIELDS(mutex_);

  const Filler& filler_;
  std::vector<uint32_t> order_;
  size_t batch_size_;
  int64_t epoch_;
  size_t count_;  // of batches
  Mutex mutex_;
  Condition changed_;
  size_t filled_ MLCTL_GUARDED_BY(mutex_), taken_ MLCTL_GUARDED_BY(mutex_);  // batches
  bool in_use_ MLCTL_GUARDED_BY(mutex_) = false;                             // the last one given out
  bool stopping_ MLCTL_GUARDED_BY(mutex_) = false;
  std::exception_ptr thrown_ MLCTL_GUARDED_BY(mutex_);  // by the thread; next() throws it again
  std::array<BatchBuffer, 3> slots_;  // one is filled without the mutex, which nobody else looks at meanwhile
  std::vector<std::jthread> thread_;  // one or none; last: it uses the rest
};

}  // namespace mlctl
