#include "core/train/loader.h"

#include <algorithm>
#include <csignal>
#include <numeric>

#include "core/base/random.h"
#include "core/base/threads.h"
#include "core/train/augment.h"

namespace mlctl {

namespace {

// Random streams of one seed, which must differ.
constexpr uint64_t kOrderStream = 0x6f72646572;  // "order"
constexpr uint64_t kAugmentStream = 0x617567;    // "aug"

uint64_t stream(uint64_t kind, uint64_t a, uint64_t b = 0) {
  return mix64(kind ^ mix64(a ^ mix64(b)));
}

template <class T>
void gather(std::span<const T> from, int64_t records, std::span<const uint32_t> samples,
            std::vector<T>& out) {
  const size_t width = records > 0 ? from.size() / static_cast<size_t>(records) : 0;
  out.resize(width * samples.size());
  if (width == 0) return;
  T* to = out.data();
  for (const uint32_t sample : samples) {
    to = std::copy_n(from.data() + width * sample, width, to);
  }
}

}  // namespace

std::vector<uint32_t> epoch_order(int64_t samples, uint64_t seed, int64_t epoch) {
  std::vector<uint32_t> order(static_cast<size_t>(samples));
  std::iota(order.begin(), order.end(), 0U);
  Random(seed, stream(kOrderStream, static_cast<uint64_t>(epoch))).shuffle(std::span(order));
  return order;
}

Batch BatchBuffer::view() const {
  return {size, features, codes, tokens, offsets, labels, targets};
}

Filler::Filler(const PackedSplit& split, const Model& model, Augment augment, uint64_t seed)
    : split_(&split), image_(model.preprocess.image), augment_(augment), seed_(seed) {
  if (model.network.input.kind == InputKind::image) scale_.emplace_back(image_);
}

void Filler::fill(std::span<const uint32_t> samples, int64_t epoch, BatchBuffer& out) const {
  out.size = static_cast<int64_t>(samples.size());
  gather(split_->codes, split_->size, samples, out.codes);
  gather(split_->labels, split_->size, samples, out.labels);
  gather(split_->targets, split_->size, samples, out.targets);
  if (scale_.empty()) {
    gather(split_->features, split_->size, samples, out.features);
    fill_tokens(samples, out);
  } else {
    fill_pixels(samples, epoch, out);
  }
}

void Filler::fill_pixels(std::span<const uint32_t> samples, int64_t epoch, BatchBuffer& out) const {
  const auto width = static_cast<size_t>(image_.height * image_.width * image_.channels);
  out.features.resize(width * samples.size());
  std::vector<uint8_t> changed(augment_.any() ? width : 0);
  for (size_t i = 0; i < samples.size(); ++i) {
    std::span<const uint8_t> pixels = split_->pixels.subspan(width * samples[i], width);
    if (augment_.any()) {
      const uint64_t key = stream(kAugmentStream, static_cast<uint64_t>(epoch), samples[i]);
      augment(augment_, image_, Random(seed_, key), pixels, changed);
      pixels = changed;
    }
    scale_.front().apply(pixels, std::span(out.features).subspan(width * i, width));
  }
}

void Filler::fill_tokens(std::span<const uint32_t> samples, BatchBuffer& out) const {
  out.tokens.clear();
  out.offsets.clear();
  if (split_->offsets.empty()) return;
  for (const uint32_t sample : samples) {
    out.offsets.push_back(static_cast<int64_t>(out.tokens.size()));
    const auto begin = split_->tokens.begin() + split_->offsets[sample];
    out.tokens.insert(out.tokens.end(), begin, split_->tokens.begin() + split_->offsets[sample + 1]);
  }
}

Batches::Batches(const Filler& filler, std::vector<uint32_t> order, int64_t batch_size, int64_t epoch,
                 int64_t first)
    : filler_(filler),
      order_(std::move(order)),
      batch_size_(static_cast<size_t>(batch_size)),
      epoch_(epoch),
      count_((order_.size() + batch_size_ - 1) / batch_size_),
      filled_(static_cast<size_t>(first)),
      taken_(filled_),
      thread_(start_threads(1, [this] { work(); })) {}

Batches::~Batches() {
  {
    const Hold lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.clear();
}

void Batches::work() {
  // Signals belong to the thread that polls the stop flag.
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
  Hold lock(mutex_);
  try {
    while (filled_ < count_) {
      // A slot is free when its batch has been taken and given back.
      changed_.wait(lock, [this]() MLCTL_REQUIRES(mutex_) {
        return stopping_ || filled_ - taken_ + (in_use_ ? 1 : 0) < slots_.size();
      });
      if (stopping_) return;
      fill_next(lock);
    }
  } catch (...) {
    if (!lock.owns_lock()) lock.lock();
    thrown_ = std::current_exception();
    changed_.notify_all();
  }
}

void Batches::fill_next(Hold& lock) {
  BatchBuffer& slot = slots_[filled_ % slots_.size()];
  const size_t begin = filled_ * batch_size_;
  const size_t size = std::min(batch_size_, order_.size() - begin);
  lock.unlock();
  filler_.fill(std::span(order_).subspan(begin, size), epoch_, slot);
  lock.lock();
  ++filled_;
  changed_.notify_all();
}

const BatchBuffer* Batches::next() {
  Hold lock(mutex_);
  in_use_ = false;
  changed_.notify_all();
  if (taken_ >= count_) return nullptr;
  if (thread_.empty()) fill_next(lock);
  changed_.wait(lock, [this]() MLCTL_REQUIRES(mutex_) { return filled_ > taken_ || thrown_; });
  if (filled_ == taken_) std::rethrow_exception(thrown_);
  in_use_ = true;
  return &slots_[taken_++ % slots_.size()];
}

}  // namespace mlctl
