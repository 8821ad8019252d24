#pragma once
// An object as a file of rows: fetched in ranges, several at once, ahead of its reader, and not stored.
//
// A store's checksum covers the whole object, so the first reading can only be judged at its end. From then
// on the sum of each range is known, and every later reading is checked range by range. When the first
// reading turns out wrong, a range is accepted once two fetches of it agree. The head, from which kind and
// columns are decided before anything was read to its end, needs two such fetches from the start.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/base/mutex.h"
#include "core/ingest/remote_text.h"
#include "core/store/mirror.h"

namespace mlctl {

class StoredText : public RemoteText {
 public:
  static constexpr uint64_t kRange = uint64_t{4} << 20;
  // `object`: what the place's head() returned.
  StoredText(Place place, ObjectInfo object, const sys::StopFlag& stop, uint64_t range = kRange);

  std::string name() const override { return place_.key.substr(place_.key.rfind('/') + 1); }
  std::string url() const override { return place_.store->url(place_.key); }
  std::string state() const override;
  uint64_t size() const override { return object_.size; }
  Result<std::unique_ptr<ByteReader>> open(uint64_t offset) override;
  Result<> confirm() override;
  std::string sums() const override;
  void take_sums(const std::string& sums) override;
  Result<std::string> sha256() override;

 private:
  friend class StoredTextReader;
  struct Range {
    std::string bytes, sum;
  };
  using Closed = std::function<bool()>;

  size_t ranges() const { return static_cast<size_t>((object_.size + range_ - 1) / range_); }
  uint64_t size_of(size_t range) const { return std::min(range_, object_.size - range * range_); }
  Result<Range> fetch(size_t range, const Closed& closed);
  Result<> read(size_t range, const TakeBytes& take) const;
  bool accepts(size_t range, const std::string& sum);
  Result<const Range*> head();
  // At the end of a reading of the whole: judges it, and keeps its sums.
  Result<> settle(std::string sha256, const Checksum& found, const std::vector<std::string>& sums);

  Place place_;
  ObjectInfo object_;
  const sys::StopFlag* stop_;
  uint64_t range_;
  std::unique_ptr<Range> head_;
  std::string sha256_;                                                   // "" before the whole was read
  mutable Mutex mutex_;                                                  // of what follows
  std::vector<std::vector<std::string>> seen_ MLCTL_GUARDED_BY(mutex_);  // the sums of each range's fetches
};

}  // namespace mlctl
