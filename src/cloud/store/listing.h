#pragma once
// Checks a listing, page by page, before anybody uses it: a store may only answer about what it was asked.

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
  // `prefix`: what was asked for; `url`: the place, for messages.
  ListingCheck(std::string prefix, std::string url) : prefix_(std::move(prefix)), url_(std::move(url)) {}

  // A key that does not begin with the prefix → 9: it would lead to writing or removing something that
  // nobody meant.
  Result<> key(std::string_view key) const;
  // To be called after each page with its first key ("" for an empty page). A page that comes again, or
  // empty pages without end → 9. Keys need not be in order: in directory buckets they are not.
  Result<> page(std::string_view first);

 private:
  std::string prefix_, url_;
  std::unordered_set<uint64_t> seen_;  // hashes of what pages began with
  int empty_ = 0;                      // pages in a row
};

}  // namespace mlctl
