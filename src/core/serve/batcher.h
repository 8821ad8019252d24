#pragma once
// Dynamic batching: one thread runs the model, and requests that arrive meanwhile form the next batch. So a
// single request never waits for others, and under load batches grow by themselves.

#include <cstdint>
#include <deque>
#include <functional>
#include <span>
#include <thread>
#include <vector>

#include "core/base/mutex.h"
#include "core/serve/predictor.h"

namespace mlctl::serve {

struct BatchLimits {
  int64_t max_batch = 64;    // examples per run; a larger request runs alone, in pieces
  int64_t max_queue = 1024;  // examples waiting; more are refused
  double max_wait = 30;      // seconds in the queue, then the request fails with 13
};

class Batcher {
 public:
  // [N, outputs] of the request's examples. Called on the model's thread.
  using Done = std::function<void(Result<std::vector<float>>)>;
  // After each run: the examples in it and how long each request had waited.
  using Observer = std::function<void(int64_t examples, std::span<const double> queue_seconds)>;

  Batcher(EncodedPredictor& predictor, BatchLimits limits, Observer observer);
  ~Batcher();  // answers the requests that wait
  Batcher(const Batcher&) = delete;
  Batcher& operator=(const Batcher&) = delete;

  // False, and the examples are not taken, when the queue is full.
  bool submit(Encoded examples, Done done);

 private:
  struct Item {
    Encoded examples;
    Done done;
    double arrived = 0;
  };
  void run();
  std::vector<Item> take_batch();
  void run_batch(std::vector<Item> items);
  Result<std::vector<float>> forward(const Encoded& examples);
  Result<std::vector<float>> forward(const std::vector<Item*>& items);
  static void answer(Item& item, Result<std::vector<float>> outputs);

  EncodedPredictor* predictor_;
  BatchLimits limits_;
  Observer observer_;
  Mutex mutex_;
  Condition filled_;
  std::deque<Item> queue_ MLCTL_GUARDED_BY(mutex_);
  int64_t waiting_ MLCTL_GUARDED_BY(mutex_) = 0;
  bool stopping_ MLCTL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace mlctl::serve
