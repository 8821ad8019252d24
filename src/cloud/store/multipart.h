#pragma once
// Sends an object in parts, many at once. What was sent survives kill -9: the journal folder keeps a record
// with the upload's id, and the store knows which parts it has.

#include <filesystem>
#include <string>
#include <vector>

#include "cloud/store/client.h"
#include "cloud/store/shown.h"
#include "cloud/store/xml.h"
#include "core/base/mutex.h"
#include "core/store/checksum.h"
#include "core/store/object_store.h"

namespace mlctl {

// Parts that the store takes from another object of its own.
struct PartsOrigin {
  HttpHeaders source;  // names it, and the state it must be in
  Checksum checksum;   // of the whole
  uint64_t part_size = 0;
  // Asked when all parts are there: not every store makes sure that the source is still in that state.
  std::function<Result<>()> unchanged{};
};

// The object exists (somebody wrote it meanwhile) → 6. For stores that can't be told not to replace it.
Result<> check_absent(StoreClient& client, const std::string& key);

class MultipartUpload {
 public:
  // With `origin`, the store copies the parts and the content is not read.
  MultipartUpload(StoreClient& client, const std::filesystem::path& journal, std::string key,
                  const Content& content, const TakeBytes& progress, const PartsOrigin* origin = nullptr);
  Result<> run(bool only_new);

 private:
  Result<> begin();
  Result<bool> resume();  // true: an upload of the same content goes on
  Result<> each_part(const std::function<Result<>(int number)>& work);
  ReadBytes reading(int number) const;
  Result<std::string> sum_before();
  Result<> sum_part(int number, const ReadBytes& read);
  Result<> send_parts();
  Result<> send_part(int number);
  Result<> send_read(int number, const ReadBytes& read);
  Result<> copy_part(int number);
  Result<> show_whole(int number);
  Result<> put_part(int number, const ReadBytes& read, const Checksum& checksum, const std::string& sha256);
  void abandon();  // the upload, with what was sent
  Result<> complete(bool only_new);
  Result<> check_read();                 // the bytes that were read are those expected
  Result<> confirm(const Error& after);  // a Complete whose answer was lost may have succeeded
  std::filesystem::path record() const;  // of the upload under way
  uint64_t offset(int number) const { return static_cast<uint64_t>(number - 1) * part_size_; }
  uint64_t size(int number) const { return std::min(part_size_, content_.size - offset(number)); }
  Checksum whole() const;  // combined from the parts
  Checksum combined(const std::vector<Summer>& sums, Checksum::Kind kind) const;

  StoreClient& client_;
  std::filesystem::path journal_;
  std::string key_;
  const Content& content_;
  const TakeBytes& progress_;
  const PartsOrigin* origin_;
  uint64_t part_size_ = 0;
  int count_ = 0;
  bool native_ = true;  // the store keeps our checksum of the whole
  std::string id_;
  Mutex mutex_;  // of what follows, and of progress_
  std::vector<Part> parts_;
  struct Summed {
    bool done = false;
    std::string sha256;  // where the payload is signed
  };
  std::vector<Summed> summed_;
  std::vector<Summer> sums_;
  std::vector<Summer> source_sums_;  // of the kind of checksum that the source's store keeps
};

// The size of an object's parts: 8 MiB, or more where that would make more than 10,000 parts.
uint64_t part_size_for(uint64_t object_size, uint64_t asked, uint64_t smallest);

}  // namespace mlctl
