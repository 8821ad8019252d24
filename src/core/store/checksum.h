#pragma once
// Computes a checksum of content as it passes, of a kind that stores keep.

#include <cstdint>
#include <memory>
#include <string_view>

#include "core/store/object_store.h"

namespace mlctl {

class Summer {
 public:
  explicit Summer(Checksum::Kind kind);
  ~Summer();
  Summer(Summer&&) noexcept;
  Summer& operator=(Summer&&) noexcept;
  void update(std::string_view bytes);
  // Takes in the sum of `size` bytes that follow those seen so far. For CRCs only.
  void append(const Summer& next, uint64_t size);
  Checksum finish();  // kind none: an empty checksum; of md5 once

 private:
  struct Md5;
  Checksum::Kind kind_;
  uint64_t crc_ = 0;
  std::unique_ptr<Md5> md5_;
};

bool can_combine(Checksum::Kind kind);        // a CRC: ranges may be summed in any order
const char* name(Checksum::Kind kind);        // "CRC64NVME"
std::string checksum_bytes(const Checksum&);  // raw, for base64
Checksum checksum_from_bytes(Checksum::Kind kind, std::string_view raw);

// The checksum that the origin's store keeps of the content; kind none when it keeps none.
Result<Checksum> checksum_of(const Origin& origin);

}  // namespace mlctl
