#pragma once
// An object copied within a service, by the service: its bytes do not come here.

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

// Both are buckets of one service at one endpoint, and it copies objects of that size.
bool can_copy(const StoreSettings& from, const StoreSettings& to, uint64_t size);

// What the store says of an object, its checksum included.
Result<http::Response> head_of(StoreClient& client, const std::string& key, QueryItems query = {});

// The object of that state, with what describes it and, where the store counts them, its tags. Large ones in
// parts, which go on after an interruption as those of an upload do.
Result<> copy_object(const ObjectCopy& copy, const std::filesystem::path& journal, const TakeBytes& progress);

}  // namespace mlctl
