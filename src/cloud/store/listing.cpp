#include "cloud/store/listing.h"

#include <fmt/format.h>

#include "core/base/hash.h"

namespace mlctl {

namespace {
constexpr int kMostEmpty = 1000;  // a store that passes over what was deleted may answer some
constexpr uint64_t kLargest = uint64_t{1} << 50;
constexpr const char* kHint = "check that the endpoint is an object store's";
}  // namespace

Result<> check_size(uint64_t size, const std::string& url) {
  if (size <= kLargest) return {};
  return fail(Exit::network,
              fmt::format("the store says that {} has {} bytes: none takes over 1 PiB", url, size), kHint);
}

Result<> ListingCheck::key(std::string_view key) const {
  if (key.starts_with(prefix_)) return {};
  return fail(Exit::network, fmt::format("the listing of {} names \"{}\", which is not below it", url_, key),
              kHint);
}

Result<> ListingCheck::page(std::string_view first) {
  empty_ = first.empty() ? empty_ + 1 : 0;
  if (first.empty() ? empty_ < kMostEmpty : seen_.insert(hash64(first)).second) return {};
  return fail(Exit::network, fmt::format("{} lists the same page over and over", url_), kHint);
}

}  // namespace mlctl
