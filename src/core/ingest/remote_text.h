#pragma once
// A file of rows that is not here but in an object store (core/store/stored_text.h). It is read several times
// over, mostly front to back.

#include <cstdint>
#include <memory>
#include <string>

#include "core/base/result.h"

namespace mlctl {

class ByteReader {
 public:
  virtual ~ByteReader() = default;
  virtual Result<size_t> read(char* out, size_t size) = 0;  // 0 at the end
};

class RemoteText {
 public:
  virtual ~RemoteText() = default;
  virtual std::string name() const = 0;   // "data.csv"
  virtual std::string url() const = 0;    // for messages
  virtual std::string state() const = 0;  // another one when the content is
  virtual uint64_t size() const = 0;
  // The bytes from `offset` on. Changed since it was found → 6; the whole not what the store keeps a checksum
  // of, or a part not what an earlier reading of the whole had there → 10. One reader at a time.
  virtual Result<std::unique_ptr<ByteReader>> open(uint64_t offset) = 0;
  // What was read before there was a checksum to compare it with, once more: not the same → 10, and the next
  // reading tells which of the two it was.
  virtual Result<> confirm() = 0;
  // What a whole reading found, for the journal of a run that goes on without one; "" before there was one.
  virtual std::string sums() const = 0;
  virtual void take_sums(const std::string& sums) = 0;
  virtual Result<std::string> sha256() = 0;  // read for that where it was not yet
};

// Its text from `offset` on, unpacked where it is gzip.
Result<std::unique_ptr<ByteReader>> open_text(RemoteText& file, uint64_t offset);

}  // namespace mlctl
