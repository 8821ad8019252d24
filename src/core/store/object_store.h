#pragma once
// Bytes by key: what upload, download, ls and rm need of a store. The file store implements it here; object
// stores do behind HTTP (reads are by range and contents are re-readable, so that they can send parts in
// parallel and again).

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace mlctl {

struct ObjectInfo {
  std::string key;  // ends in "/" for a folder (list without recursion)
  uint64_t size = 0;
  int64_t modified_millis = 0;
  bool folder() const { return key.ends_with('/'); }
};

// What put() stores.
struct Content {
  uint64_t size = 0;
  std::function<Result<std::string>(uint64_t offset, uint64_t size)> read;  // exactly size bytes
  std::string sha256{};                                                     // expected; "" when unknown
};

using TakeObject = std::function<Result<>(const ObjectInfo&)>;
using TakeBytes = std::function<Result<>(std::string_view)>;  // an error ends the transfer

class ObjectStore {
 public:
  virtual ~ObjectStore() = default;

  // Objects whose key begins with `prefix` ("" or "a/b/"), in byte order. Not recursive: only up to the next
  // "/", deeper ones folded into folders.
  virtual Result<> list(const std::string& prefix, bool recursive, const TakeObject& take) = 0;
  virtual Result<ObjectInfo> head(const std::string& key) = 0;  // absent → 5
  virtual Result<> get(const std::string& key, uint64_t offset, uint64_t size, const TakeBytes& take) = 0;
  // SHA-256 of the stored bytes.
  virtual Result<std::string> digest(const std::string& key, const TakeBytes& progress) = 0;

  // The object appears whole or not at all, replacing an older one. What is stored is compared with what was
  // read, and with content.sha256: different → 10 and no object.
  virtual Result<> put(const std::string& key, const Content& content, const TakeBytes& progress) = 0;
  // Absent is fine. A key ending in "/" clears what the store keeps of an emptied folder.
  virtual Result<> remove(const std::string& key) = 0;

  virtual std::string url(const std::string& key) const = 0;  // for messages
};

// A place in a store, as a user names one.
struct Place {
  std::unique_ptr<ObjectStore> store;
  std::string key;
  bool slash = false;  // it was written with a trailing "/": only what is below it is meant
  std::string prefix() const { return key.empty() ? "" : key + "/"; }
};
Result<Place> open_place(const std::string& url_or_path);

}  // namespace mlctl
