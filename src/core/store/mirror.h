#pragma once
// Files for those who need files, of what object stores hold: a bounded cache of copies. A copy is of one
// state of its source (the listing's sizes and etags), so that a source that has not changed costs a listing,
// and no copy changes under its users.
//
//   ROOT/ID/NAME         the copy: a file or folder that is called as its source
//   ROOT/ID/source.json  {url, bytes, objects}, when it is whole; its time is that of the last use
//   ROOT/.ID.lock        held while it is made; shared by its users

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/store/object_store.h"
#include "core/sys/clock.h"
#include "core/sys/env.h"
#include "core/sys/fs.h"
#include "core/sys/shared_lock.h"
#include "core/sys/stop.h"

namespace mlctl {

// What is at a URL: one object, or those below it. Objects and folders with a leading dot are passed over.
struct Listing {
  std::string key;
  std::string name;  // of the copy: the last part of the key, or the bucket
  std::vector<ObjectInfo> objects;
  uint64_t bytes = 0;
  std::string relative(const ObjectInfo& object) const;  // to `name`; "" for the object of that key
};
// Nothing there → 5.
Result<Listing> list_source(const Place& place);
// Tells a source's states apart; the first half is of the URL alone.
std::string mirror_id(const std::string& url, const Listing& listing);

struct MirrorWatch {
  const sys::StopFlag* stop = nullptr;
  sys::Clock* clock = nullptr;
  std::function<void(uint64_t bytes)> begin;  // before that many bytes are fetched
  TakeBytes progress;
};

// A copy, kept from removal for as long as this lives.
struct Mirrored {
  std::filesystem::path path;
  std::vector<sys::SharedLock> held;
};

// What caches may hold: MLCTL_CACHE_SIZE, else 20 GiB.
Result<uint64_t> cache_bound(const sys::Env& env);

class MirrorCache {
 public:
  MirrorCache(std::filesystem::path root, uint64_t bound) : root_(std::move(root)), bound_(bound) {}

  // Copies what is not there yet; waits for another process that copies the same. A source larger than the
  // bound, or no room beside the copies in use → 12.
  Result<Mirrored> fetch(const Place& place, const MirrorWatch& watch) const;
  // Only what is listed, as ROOT/ID.
  Result<Mirrored> fetch(const Place& place, const Listing& listing, const std::string& id,
                         const MirrorWatch& watch) const;

  // For other things that may be made again: ROOT/ID, kept while it is held, and after note() whole.
  std::filesystem::path folder(const std::string& id) const { return root_ / id; }
  Result<sys::PathAt> place(const std::string& id) const;  // the same to write in
  uint64_t bound() const { return bound_; }
  Result<sys::SharedLock> use(const std::string& id) const;
  std::optional<sys::SharedLock> find(const std::string& id) const;  // what is whole
  // What is not whole is made by the first who comes, `make`, which ends in note(); the others wait.
  Result<sys::SharedLock> keep(const std::string& id, const std::string& url, const sys::StopFlag& stop,
                               sys::Clock& clock, const std::function<Result<>()>& make) const;
  Result<> note(const std::string& id, const std::string& url, const Listing& listing) const;
  Result<> check_size(const std::string& url, uint64_t bytes) const;  // over the bound → 12
  // Drops what was not used for longest until so many bytes fit beside the rest, ROOT/ID not counted.
  Result<> make_room(uint64_t bytes, const std::string& id) const;

 private:
  Result<sys::Folder> root() const;  // made when absent
  bool whole(const std::string& id) const;
  Result<> make(const Place& place, const Listing& listing, const std::string& id,
                const MirrorWatch& watch) const;
  Result<> take_over(const Listing& listing, const std::string& id) const;
  Result<bool> drop(const std::string& id) const;  // false: it is in use

  std::filesystem::path root_;
  uint64_t bound_;
};

// Of all that is kept, the longest unused first.
struct KeptMirror {
  std::string id;
  uint64_t bytes = 0;
  std::filesystem::file_time_type used{};
};
void sort_by_use(std::vector<KeptMirror>& kept);

}  // namespace mlctl
