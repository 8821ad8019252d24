#pragma once
// What is checked of a listing before anybody sees it, page by page: a store is believed only about what it
// was asked.

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>

#include "core/base/result.h"

namespace mlctl {

// No store takes objects of a pebibyte; sizes up to it can be summed without an overflow. Larger → 9.
Result<> check_size(uint64_t size, const std::string& url);

class ListingCheck {
 public:
  // `prefix`: what was asked for; `url`: how the place is called.
  ListingCheck(std::string prefix, std::string url) : prefix_(std::move(prefix)), url_(std::move(url)) {}

  // A key that does not begin with the prefix would be written, or removed, where nobody meant it → 9.
  Result<> key(std::string_view key) const;
  // After each page, with what it begins with ("" when it is empty): one that comes again, or pages without
  // end that hold nothing → 9. Keys need not be in order: those of directory buckets are not.
  Result<> page(std::string_view first);

 private:
  std::string prefix_, url_;
  std::unordered_set<uint64_t> seen_;  // hashes of what pages began with
  int empty_ = 0;                      // pages in a row
};

}  // namespace mlctl
