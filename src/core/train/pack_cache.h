#pragma once
// Splits decoded once and kept between trainings: under the dataset's digest and all of the model that decoding
// depends on, so that a second training, or a trial with other layers, decodes nothing. Bounded; what was not
// used for longest goes first.
//
//   ROOT/ID/pack/…       what pack_split() writes
//   ROOT/ID/pack.json    {samples, files: {NAME: {size, xxh3}}}
//   ROOT/ID/source.json  written last (core/store/mirror.h)

#include <optional>

#include "core/store/mirror.h"
#include "core/train/pack.h"

namespace mlctl {

struct KeptPack {
  sys::PathAt folder;
  int64_t samples = 0;
  sys::SharedLock held;  // keeps it from removal
};

class PackCache {
 public:
  explicit PackCache(MirrorCache cache) : cache_(std::move(cache)) {}

  // The split of the request, whose `folder` is not looked at, packed now unless it is there as it was left.
  // Nothing where the cache has no room for it or can't be written: then pack it elsewhere. What is wrong with
  // the data is an error, as pack_split's.
  Result<std::optional<KeptPack>> get(const PackRequest& request, const std::string& dataset_digest,
                                      const sys::StopFlag& stop, sys::Clock& clock,
                                      const std::function<void(uint64_t)>& advance) const;

 private:
  Result<> make(const PackRequest& request, const std::string& id, const std::string& name,
                const sys::StopFlag& stop, const std::function<void(uint64_t)>& advance) const;

  MirrorCache cache_;
};

// Tells apart what decodes to different packs.
std::string pack_id(const Model& model, const std::string& dataset_digest, const std::string& split);

}  // namespace mlctl
