#include "core/serve/batcher.h"

#include <chrono>

namespace mlctl::serve {

namespace {
double now_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}
}  // namespace

Batcher::Batcher(Predictor& predictor, BatchLimits limits, Observer observer)
    : predictor_(&predictor), limits_(limits), observer_(std::move(observer)), thread_([this] { run(); }) {}

Batcher::~Batcher() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  filled_.notify_one();
  thread_.join();
}

bool Batcher::submit(Encoded examples, Done done) {
  {
    const std::lock_guard lock(mutex_);
    // A request larger than the whole queue is taken when nothing waits.
    const bool full = waiting_ > 0 && waiting_ + examples.size > limits_.max_queue;
    if (full || stopping_) return false;
    waiting_ += examples.size;
    queue_.push_back({std::move(examples), std::move(done), now_seconds()});
  }
  filled_.notify_one();
  return true;
}

std::vector<Batcher::Item> Batcher::take_batch() {
  std::unique_lock lock(mutex_);
  filled_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
  std::vector<Item> items;
  int64_t examples = 0;
  while (!queue_.empty() && (items.empty() || examples + queue_.front().examples.size <= limits_.max_batch)) {
    examples += queue_.front().examples.size;
    items.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  waiting_ -= examples;
  return items;
}

void Batcher::run() {
  for (;;) {
    std::vector<Item> items = take_batch();
    if (items.empty()) return;
    run_batch(std::move(items));
  }
}

void Batcher::run_batch(std::vector<Item> items) {
  const double now = now_seconds();
  std::vector<double> waited;
  std::vector<Item*> fresh;
  Encoded together;
  for (Item& item : items) {
    if (now - item.arrived > limits_.max_wait) {
      item.done(fail(Exit::timeout, "the request waited too long for the model"));
      continue;
    }
    waited.push_back(now - item.arrived);
    fresh.push_back(&item);
  }
  if (fresh.empty()) return;
  if (fresh.size() > 1) {
    for (const Item* item : fresh) append(together, item->examples);
  }
  const Encoded& batch = fresh.size() > 1 ? together : fresh.front()->examples;
  const Result<std::vector<float>> outputs = predictor_->forward(batch);
  observer_(batch.size, waited);
  size_t row = 0;
  const size_t width = outputs ? outputs->size() / static_cast<size_t>(batch.size) : 0;
  for (Item* item : fresh) {
    if (!outputs) {
      item->done(fail(outputs.error()));
      continue;
    }
    const auto begin = outputs->begin() + static_cast<ptrdiff_t>(row * width);
    row += static_cast<size_t>(item->examples.size);
    item->done(std::vector<float>(begin, outputs->begin() + static_cast<ptrdiff_t>(row * width)));
  }
}

}  // namespace mlctl::serve
