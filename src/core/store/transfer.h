#pragma once
// Copies many items into a store. No journal is needed: objects appear whole, so after a kill the same
// command goes on and copies only what is not there yet.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/store/object_store.h"
#include "core/store/plan.h"
#include "core/sys/stop.h"

namespace mlctl {

struct TransferItem {
  std::string key;  // in the destination
  Content content;
  int64_t modified_millis = 0;  // of the source
};
// Shows every item, in the same order each time: once to plan, once to copy.
using TakeItem = std::function<Result<>(const TransferItem&)>;
using Walk = std::function<Result<>(const TakeItem&)>;

// The files of `store` below `key` (a folder's key, or a single object) that pass the filter, each going to
// `to_key` + its relative path. Where a dataset.json or model.json among them lists hashes, the bytes must
// match.
struct TreeSource {
  ObjectStore* store = nullptr;
  std::string key;
  std::string to_key;  // of a single object: its key; of a folder: the prefix, "" or ending in "/"
  std::string key_template{};
  NameFilter filter{};
  bool folder = false;  // only what is below the key, even if an object has that key
};
// Neither an object nor a folder with any → 5.
Result<Walk> walk_tree(const TreeSource& source);
// The same for objects that were listed already: the single object of that key, or those below it.
Result<Walk> walk_listed(const TreeSource& source, std::vector<ObjectInfo> objects);

// An object that list() or head() found, as a content, and its bytes.
Content content_of(ObjectStore& store, const ObjectInfo& info, std::string sha256);
Result<std::string> read_object(ObjectStore& store, const ObjectInfo& info);

// Every image of a dataset as an object of its own, named by a template with the fields label, name, stem,
// ext, split, key, source. Two of one name → 7.
Result<Walk> walk_images(const std::string& dataset_folder, const std::string& to_prefix,
                         const std::string& key_template);

struct Planned {
  std::string key;
  uint64_t size = 0;
  bool copy = false;      // else the same bytes are there already
  bool replaces = false;  // other bytes are there
  bool skipped = false;   // what is there is as new as the source: not compared, not copied
};
enum class Replace { nothing, older, anything };
// Compares with what is there, by size and the strongest checksum. Other bytes → 6 naming the object unless
// it may be replaced.
Result<std::vector<Planned>> plan_transfer(const Walk& walk, ObjectStore& to, Replace replace,
                                           const TakeBytes& progress);

// The objects below `prefix` ("" or ending in "/") that are not in the plan, marks of datasets and models
// first: they have to be removed before what they list. Not surplus is what a transfer passes over (hidden
// files, marks of folders, what the filter leaves out), nor what has the relative path of something that
// the source has but that was passed over: a link, and all below it.
Result<std::vector<ObjectInfo>> surplus_of(const std::vector<Planned>& plan, ObjectStore& to,
                                           const std::string& prefix, const NameFilter& filter,
                                           const std::vector<std::string>& spared = {});

struct TransferSummary {
  uint64_t copied = 0, present = 0, copied_bytes = 0, bytes = 0, skipped = 0;
};
struct TransferWatch {
  TakeBytes progress;  // is shown the copied bytes, one call at a time
  const sys::StopFlag* stop = nullptr;
  size_t threads = 8;                 // small objects mostly wait for the disk
  std::function<size_t()> at_once{};  // how many of them may work at the moment; null: all
};
// Copies what the plan says; a commit mark only when all before it are there. A raised stop ends it between
// two chunks with 75, or 130/143 when nothing was copied.
Result<TransferSummary> transfer(const Walk& walk, const std::vector<Planned>& plan, ObjectStore& to,
                                 const TransferWatch& watch);

}  // namespace mlctl
