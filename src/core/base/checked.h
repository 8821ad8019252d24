#pragma once
// Overflow-checked arithmetic on sizes that come from files and requests: no result where it would not fit.

#include <cstdint>
#include <optional>
#include <vector>

namespace mlctl {

template <class T>
std::optional<T> checked_add(T a, T b) {
  T sum = 0;
  return __builtin_add_overflow(a, b, &sum) ? std::nullopt : std::optional(sum);
}

template <class T>
std::optional<T> checked_mul(T a, T b) {
  T product = 0;
  return __builtin_mul_overflow(a, b, &product) ? std::nullopt : std::optional(product);
}

// The product of the extents of a shape; 1 for an empty shape. Nothing where an extent is negative or the
// product does not fit.
inline std::optional<int64_t> checked_product(const std::vector<int64_t>& shape) {
  std::optional<int64_t> product = 1;
  bool none = false;  // an extent is 0: the product is 0 even if the others would overflow
  for (const int64_t extent : shape) {
    if (extent < 0) return std::nullopt;
    none = none || extent == 0;
    if (!none && product) product = checked_mul(*product, extent);
  }
  return none ? 0 : product;
}

}  // namespace mlctl
