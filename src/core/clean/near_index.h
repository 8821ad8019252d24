#pragma once
// Locality-sensitive lookup: items that share a band are candidates. Takes about eight bytes per band and
// item.

#include <cstddef>
#include <cstdint>
#include <vector>

namespace mlctl {

class NearIndex {
 public:
  // Up to `capacity` items of `bands` keys each.
  NearIndex(size_t bands, size_t capacity);

  // Calls take(item) for the items that share at least one key, latest first within a band, at most
  // kMaxCandidates of a band (a bucket of look-alikes must not make the work quadratic); an item that shares
  // several bands comes several times.
  template <class Take>
  void candidates(const std::vector<uint64_t>& keys, const Take& take) const {
    for (size_t band = 0; band < heads_.size(); ++band) {
      uint32_t entry = heads_[band][bucket(keys[band])];
      for (size_t seen = 0; entry != 0 && seen < kMaxCandidates; ++seen) {
        take(items_[entry - 1]);
        entry = next_[band][entry - 1];
      }
    }
  }
  void insert(uint32_t item, const std::vector<uint64_t>& keys);

  static constexpr size_t kMaxCandidates = 2048;

 private:
  size_t bucket(uint64_t key) const;

  uint64_t mask_;
  std::vector<std::vector<uint32_t>> heads_;  // by band and bucket: 1 + the latest entry, 0 for none
  std::vector<std::vector<uint32_t>> next_;   // by band and entry: 1 + the entry before in the bucket
  std::vector<uint32_t> items_;               // by entry
};

}  // namespace mlctl
