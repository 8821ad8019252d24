#include "core/serve/batcher.h"

#include <algorithm>
#include <chrono>

#include "core/base/unforeseen.h"

namespace mlctl::serve {

namespace {

// A request larger than a batch goes through the model in pieces of this size: the same as `mlctl predict`
// uses, so that its answers are the same with and without a server.
constexpr int64_t kPiece = 256;

double now_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

Batcher::Batcher(EncodedPredictor& predictor, BatchLimits limits, Observer observer)
    : predictor_(&predictor), limits_(limits), observer_(std::move(observer)), thread_([this] { run(); }) {}

Batcher::~Batcher() {
  {
    const Hold lock(mutex_);
    stopping_ = true;
  }
  filled_.notify_one();
  thread_.join();
}

bool Batcher::submit(Encoded examples, Done done) {
  {
    const Hold lock(mutex_);
    // A request larger than the whole queue is accepted when nothing waits.
    const bool full = waiting_ > 0 && waiting_ + examples.size > limits_.max_queue;
    if (full || stopping_) return false;
    waiting_ += examples.size;
    queue_.push_back({std::move(examples), std::move(done), now_seconds()});
  }
  filled_.notify_one();
  return true;
}

std::vector<Batcher::Item> Batcher::take_batch() {
  Hold lock(mutex_);
  filled_.wait(lock, [this]() MLCTL_REQUIRES(mutex_) { return stopping_ || !queue_.empty(); });
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

// Passes one answer on. An exception there must not end the thread that passes on all answers; that one
// connection runs into its own deadline.
void Batcher::answer(Item& item, Result<std::vector<float>> outputs) {
  (void)guarded([&]() -> Result<> {
    item.done(std::move(outputs));
    return {};
  });
}

// Runs large requests in pieces: the memory of a run grows with its examples.
Result<std::vector<float>> Batcher::forward(const Encoded& examples) {
  const int64_t piece = std::max(limits_.max_batch, kPiece);
  if (examples.size <= piece) return predictor_->forward(examples);
  std::vector<float> outputs;
  for (int64_t begin = 0; begin < examples.size; begin += piece) {
    const Encoded part = part_of(examples, begin, std::min(begin + piece, examples.size));
    const std::vector<float> rows = TRY(predictor_->forward(part));
    outputs.insert(outputs.end(), rows.begin(), rows.end());
  }
  return outputs;
}

Result<std::vector<float>> Batcher::forward(const std::vector<Item*>& items) {
  if (items.size() == 1) return forward(items.front()->examples);
  Encoded together;
  for (const Item* item : items) append(together, item->examples);
  return forward(together);
}

void Batcher::run_batch(std::vector<Item> items) {
  const double now = now_seconds();
  std::vector<double> waited;
  std::vector<Item*> fresh;
  for (Item& item : items) {
    if (now - item.arrived > limits_.max_wait) {
      answer(item, fail(Exit::timeout, "the request waited too long for the model"));
      continue;
    }
    waited.push_back(now - item.arrived);
    fresh.push_back(&item);
  }
  if (fresh.empty()) return;
  const Result<std::vector<float>> outputs = guarded([&] { return forward(fresh); });
  int64_t examples = 0;
  for (const Item* item : fresh) examples += item->examples.size;
  observer_(examples, waited);
  size_t row = 0;
  const size_t width = outputs ? outputs->size() / static_cast<size_t>(examples) : 0;
  for (Item* item : fresh) {
    if (!outputs) {
      answer(*item, fail(outputs.error()));
      continue;
    }
    const auto begin = outputs->begin() + static_cast<ptrdiff_t>(row * width);
    row += static_cast<size_t>(item->examples.size);
    answer(*item, std::vector<float>(begin, outputs->begin() + static_cast<ptrdiff_t>(row * width)));
  }
}

}  // namespace mlctl::serve
