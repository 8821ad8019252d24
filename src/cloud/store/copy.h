#pragma once
// Copies an object within a service: the store does it, and the bytes do not come here.

#include <filesystem>
#include <string>

#include "cloud/store/client.h"
#include "core/store/object_store.h"

namespace mlctl {

struct ObjectCopy {
  StoreClient& from;
  StoreClient& to;
  const Content& content;  // its origin is an object of `from`
  std::string key;
  bool only_new = false;
};

// Whether both are buckets of one service at one endpoint, which copies objects of that size.
bool can_copy(const StoreSettings& from, const StoreSettings& to, uint64_t size);

// What the store says of an object, its checksum included.
Result<http::Response> head_of(StoreClient& client, const std::string& key, QueryItems query = {});

// Copies the object in the state that was found, with its metadata and, where the store counts them, its
// tags. Large ones are copied in parts; after an interruption that goes on as an upload does.
Result<> copy_object(const ObjectCopy& copy, const std::filesystem::path& journal, const TakeBytes& progress);

}  // namespace mlctl
