#pragma once
// A file of rows in an object store (core/store/stored_text.h). It is read several times, mostly from front
// to back.

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
  virtual std::string state() const = 0;  // differs when the content has changed
  virtual uint64_t size() const = 0;
  // The bytes from `offset` on. Changed since it was found → 6. The whole does not match the store's
  // checksum, or a part does not match what an earlier reading of the whole found there → 10. One reader at
  // a time.
  virtual Result<std::unique_ptr<ByteReader>> open(uint64_t offset) = 0;
  // Fetches again what was read before there was a checksum to compare it with. Different → 10; the next
  // reading finds out which of the two was right.
  virtual Result<> confirm() = 0;
  // The checksums that a reading of the whole found, for the journal of a run that resumes without such a
  // reading; "" before there was one.
  virtual std::string sums() const = 0;
  virtual void take_sums(const std::string& sums) = 0;
  virtual Result<std::string> sha256() = 0;  // reads the file if that was not done yet
};

// Its text from `offset` on, unpacked where it is gzip.
Result<std::unique_ptr<ByteReader>> open_text(RemoteText& file, uint64_t offset);

}  // namespace mlctl
