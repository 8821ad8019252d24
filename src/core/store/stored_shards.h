#pragma once
// A dataset in an object store, read shard by shard. Each shard is fetched into the cache of copies shortly
// before it is needed, and stays there until others need the room. A shard is identified by its SHA-256, so
// datasets that share it share one copy.

#include <map>
#include <memory>
#include <string>

#include "core/data/shards.h"
#include "core/store/mirror.h"

namespace mlctl {

class StoredShards : public Shards {
 public:
  // No dataset.json below `place` → 5.
  static Result<StoredShards> open(Place place, MirrorCache cache, const sys::StopFlag& stop,
                                   sys::Clock& clock);

  std::string name() const override;
  Result<Dataset> open() override { return dataset_; }
  Result<> verify(const Dataset&) override { return {}; }  // a store's bytes are compared as they arrive
  // A shard that is not what dataset.json lists → 10; a dataset that was replaced meanwhile → 6; a shard
  // larger than the cache, or no room beside copies in use → 12.
  Result<> read(const std::vector<FileEntry>& files, const TakeShard& take) override;

  // Reads and compares every file that dataset.json lists, as read() does, but keeps nothing.
  Result<> compare(const TakeBytes& seen);
  uint64_t bytes() const;                                                // how many compare() reads
  int64_t modified_millis() const { return document_.modified_millis; }  // of dataset.json

 private:
  // A shard's copy, kept while this lives.
  struct Held {
    FileEntry copy;  // in the cache
    sys::SharedLock lock;
  };
  using Closed = std::function<bool()>;

  StoredShards(Place place, MirrorCache cache, const sys::StopFlag& stop, sys::Clock& clock)
      : place_(std::move(place)),
        cache_(std::move(cache)),
        copies_(std::make_unique<CheckedFiles>(cache_.folder("any").parent_path(), "dataset.json")),
        stop_(&stop),
        clock_(&clock) {}
  Result<std::optional<Held>> claim(const FileEntry& file, uint64_t under_way) const;
  Result<Held> fetch(const FileEntry& file, const Closed& closed);
  Result<> copy(const FileEntry& file, const std::string& id, const Closed& closed);
  Result<> copy_bytes(const FileEntry& file, const std::string& id, const Closed& closed);
  Result<ObjectInfo> look_at(const FileEntry& file) const;
  Result<> compare_file(const FileEntry& file, const TakeBytes& seen);
  Error explain(Error error, const FileEntry& file);

  Place place_;
  MirrorCache cache_;
  std::unique_ptr<CheckedFiles> copies_;  // compares copies: one in the cache may have been damaged since
  const sys::StopFlag* stop_;
  sys::Clock* clock_;
  ObjectInfo document_;  // dataset.json as it was read
  Dataset dataset_;
};

}  // namespace mlctl
