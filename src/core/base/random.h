#pragma once
// Counter-based randomness: the n-th number of a stream is a pure function of (seed, stream, n), so neither
// the number of threads nor a restart in the middle changes any draw. Mixing function: SplitMix64 (Steele et
// al. 2014).

#include <cmath>
#include <cstdint>
#include <span>
#include <utility>

namespace mlctl {

constexpr uint64_t mix64(uint64_t x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

class Random {
 public:
  explicit constexpr Random(uint64_t seed, uint64_t stream = 0) : key_(mix64(seed ^ mix64(stream))) {}

  constexpr uint64_t next() { return mix64(key_ + 0x9e3779b97f4a7c15 * ++count_); }
  constexpr double uniform() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }  // [0, 1)
  constexpr uint64_t below(uint64_t bound) {  // [0, bound), bound > 0
    __extension__ using uint128 = unsigned __int128;
    return static_cast<uint64_t>((static_cast<uint128>(next()) * bound) >> 64);
  }
  double normal() {  // mean 0, variance 1 (Box–Muller)
    const double radius = std::sqrt(-2 * std::log(1 - uniform()));
    return radius * std::cos(6.283185307179586 * uniform());
  }
  template <class T>
  void shuffle(std::span<T> items) {  // Fisher–Yates
    for (size_t left = items.size(); left > 1; --left) std::swap(items[left - 1], items[below(left)]);
  }

 private:
  uint64_t key_;
  uint64_t count_ = 0;
};

}  // namespace mlctl
