#pragma once
// A bounded cache of local copies of objects, for code that needs files. A copy belongs to one state of its
// source (the sizes and etags of a listing). So a source that has not changed costs one listing, and a copy
// never changes while it is used.
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

// What is at a URL: one object, or those below it. Objects and folders whose name begins with a dot are
// left out.
struct Listing {
  std::string key;
  std::string name;  // of the copy: the last part of the key, or the bucket
  std::vector<ObjectInfo> objects;
  uint64_t bytes = 0;
  std::string relative(const ObjectInfo& object) const;  // to `name`; "" for the object of that key
};
// Nothing there → 5.
Result<Listing> list_source(const Place& place);
// An id that differs for each state of a source; its first half depends only on the URL.
std::string mirror_id(const std::string& url, const Listing& listing);

struct MirrorWatch {
  const sys::StopFlag* stop = nullptr;
  sys::Clock* clock = nullptr;
  std::function<void(uint64_t bytes)> begin;  // called before the fetch, with its size
  TakeBytes progress;
};

// A copy, not removed from the cache for as long as this lives.
struct Mirrored {
  std::filesystem::path path;
  std::vector<sys::SharedLock> held;
};

// What caches may hold: MLCTL_CACHE_SIZE, else 20 GiB.
Result<uint64_t> cache_bound(const sys::Env& env);

class MirrorCache {
 public:
  MirrorCache(std::filesystem::path root, uint64_t bound) : root_(std::move(root)), bound_(bound) {}

  // Copies what is not there yet, or waits for another process that is copying it. A source larger than the
  // bound, or no room beside the copies in use → 12.
  Result<Mirrored> fetch(const Place& place, const MirrorWatch& watch) const;
  // Copies only what is listed, to ROOT/ID.
  Result<Mirrored> fetch(const Place& place, const Listing& listing, const std::string& id,
                         const MirrorWatch& watch) const;

  // The cache also keeps other things that can be made again, as ROOT/ID: not removed while in use,
  // complete once note() was called.
  std::filesystem::path folder(const std::string& id) const { return root_ / id; }
  Result<sys::PathAt> place(const std::string& id) const;  // the same, for writing
  uint64_t bound() const { return bound_; }
  Result<sys::SharedLock> use(const std::string& id) const;
  std::optional<sys::SharedLock> find(const std::string& id) const;  // nothing when it is not complete
  // Makes ROOT/ID if it is not complete: the first to come runs `make`, which must end with note(); the
  // others wait.
  Result<sys::SharedLock> keep(const std::string& id, const std::string& url, const sys::StopFlag& stop,
                               sys::Clock& clock, const std::function<Result<>()>& make) const;
  Result<> note(const std::string& id, const std::string& url, const Listing& listing) const;
  Result<> check_size(const std::string& url, uint64_t bytes) const;  // over the bound → 12
  // Removes what was unused for longest until `bytes` fit beside the rest. ROOT/ID does not count.
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

// An entry of the cache; sort_by_use() puts the longest unused first.
struct KeptMirror {
  std::string id;
  uint64_t bytes = 0;
  std::filesystem::file_time_type used{};
};
void sort_by_use(std::vector<KeptMirror>& kept);

}  // namespace mlctl
