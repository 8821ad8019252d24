#pragma once
// The SHA-256 of some content as 64 lower-case hex digits, and never anything else: text becomes a Digest
// only through parse(), so a Digest can name a folder or file without another check.

#include <string>
#include <string_view>

#include "core/base/result.h"

namespace mlctl {

class Digest {
 public:
  static Result<Digest> parse(std::string_view text);  // anything but 64 of 0-9a-f → 10
  static Digest of(std::string_view bytes);

  const std::string& hex() const { return hex_; }
  bool operator==(const Digest&) const = default;

 private:
  explicit Digest(std::string hex) : hex_(std::move(hex)) {}
  std::string hex_;
};

}  // namespace mlctl
