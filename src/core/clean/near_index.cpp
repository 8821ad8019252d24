#include "core/clean/near_index.h"

#include <bit>

#include "core/base/random.h"

namespace mlctl {

NearIndex::NearIndex(size_t bands, size_t capacity)
    : mask_(std::bit_ceil(capacity + 1) - 1), heads_(bands), next_(bands) {
  for (std::vector<uint32_t>& heads : heads_) heads.assign(mask_ + 1, 0);
}

size_t NearIndex::bucket(uint64_t key) const {
  return static_cast<size_t>(mix64(key) & mask_);
}

void NearIndex::insert(uint32_t item, const std::vector<uint64_t>& keys) {
  items_.push_back(item);
  const auto entry = static_cast<uint32_t>(items_.size());
  for (size_t band = 0; band < heads_.size(); ++band) {
    uint32_t& head = heads_[band][bucket(keys[band])];
    next_[band].push_back(head);
    head = entry;
  }
}

}  // namespace mlctl
