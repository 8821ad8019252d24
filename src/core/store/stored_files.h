#pragma once
// The objects below a key as the files of a folder, read one by one and not stored. Only their hashes are
// kept, in a list that a later run can use if this one is killed.

#include "core/base/mutex.h"
#include "core/ingest/remote_files.h"
#include "core/store/mirror.h"

namespace mlctl {

std::vector<sys::Entry> files_of(const Listing& listing);  // sorted by path

class StoredFiles : public RemoteFiles {
 public:
  // `sums`: the file of the list; used only while the source is in the same state.
  static Result<std::unique_ptr<StoredFiles>> open(Place place, Listing listing, const sys::PathAt& sums,
                                                   const sys::StopFlag& stop);

  std::string name() const override { return listing_.name; }
  std::string url() const override { return place_.store->url(place_.key); }
  std::string state() const override { return mirror_id(url(), listing_); }
  const std::vector<sys::Entry>& entries() const override { return entries_; }
  size_t width() const override { return place_.store->width(); }
  Result<std::string> read(size_t entry) override;
  Result<std::string> sha256(size_t entry) override;

 private:
  StoredFiles(Place place, Listing listing, const sys::StopFlag& stop);
  Result<> load(const sys::PathAt& sums);
  Result<> show(size_t entry, const TakeBytes& take) const;
  Result<> remember(size_t entry, std::string hash);

  Place place_;
  Listing listing_;
  const sys::StopFlag* stop_;
  std::vector<sys::Entry> entries_;
  Mutex mutex_;                                               // of what follows
  std::vector<std::string> hashes_ MLCTL_GUARDED_BY(mutex_);  // "" = not known
  sys::AppendFile sums_ MLCTL_GUARDED_BY(mutex_);
};

}  // namespace mlctl
