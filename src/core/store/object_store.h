#pragma once
// Bytes by key: what upload, download, ls and rm need of a store. The file store implements it here, object
// stores over HTTP in cloud/store. Reads are by range and contents can be read again, so that parts can be
// sent in parallel and repeated.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/result.h"

namespace mlctl {

// A checksum of the kind that a store keeps; the store says which. The client computes it while the bytes
// pass.
struct Checksum {
  enum class Kind { none, crc64_nvme, crc64_xz, crc32c, md5 };
  Kind kind = Kind::none;
  std::string value{};  // lower-case hexadecimal, big end first
  bool operator==(const Checksum&) const = default;
};

struct ObjectInfo {
  std::string key;  // ends in "/" for a folder (list without recursion)
  uint64_t size = 0;
  int64_t modified_millis = 0;
  std::string etag{};           // opaque: changes when the content does; "" where the store has none
  std::string storage_class{};  // as the store calls it
  Checksum checksum{};          // of the whole object, from head()
  bool link = false;            // from head(): a symbolic link that is not followed, no object
  bool folder() const { return key.ends_with('/'); }
};

using TakeObject = std::function<Result<>(const ObjectInfo&)>;
using TakeBytes = std::function<Result<>(std::string_view)>;  // an error ends the transfer

namespace sys {
struct PassedOver;
}

class ObjectStore;

// The object that a content comes from: a store may copy it by itself.
struct Origin {
  ObjectStore* store = nullptr;
  ObjectInfo object{};
};

// What put() stores.
struct Content {
  uint64_t size = 0;
  // Shows exactly `size` bytes from `offset` on, in pieces; may be called again, and from several threads.
  std::function<Result<>(uint64_t offset, uint64_t size, const TakeBytes& take)> read;
  bool passing = false;       // read() works only until the call that provided the content returns
  std::string sha256{};       // expected; "" when unknown
  Checksum checksum{};        // expected of the whole
  std::string fingerprint{};  // differs when the source has changed; "" when it cannot be known
  size_t streams = 1;         // how many ranges of a large content are worth reading at once
  Origin origin{};
  // Headers that the store should keep with the object: type, metadata. Empty: those of the store's
  // settings.
  std::vector<std::pair<std::string, std::string>> described{};
};

class ObjectStore {
 public:
  virtual ~ObjectStore() = default;

  // Lists the objects whose key begins with `prefix` ("" or "a/b/"), in byte order. When not recursive,
  // only up to the next "/": what is deeper is shown as folders.
  virtual Result<> list(const std::string& prefix, bool recursive, const TakeObject& take) = 0;
  // What the listings so far left out, with full keys as paths; null for a store that leaves nothing out.
  virtual const sys::PassedOver* passed_over() const { return nullptr; }
  virtual Result<ObjectInfo> head(const std::string& key) = 0;  // absent → 5
  virtual bool head_is_cheap() const { return false; }          // as cheap as its share of a listing
  // `etag`, when not "": only of that version, else 6.
  virtual Result<> get(const std::string& key, uint64_t offset, uint64_t size, const TakeBytes& take,
                       const std::string& etag) = 0;
  // Reads the whole object that list() or head() found and compares it with the checksum that the store
  // keeps. Different → 10, after the last byte was shown.
  virtual Result<> get_whole(const ObjectInfo& info, const TakeBytes& take) {
    return get(info.key, 0, info.size, take, info.etag);
  }
  // Whether the stored bytes are the content's, by the strongest checksum the store keeps.
  virtual Result<bool> same(const ObjectInfo& there, const Content& content, const TakeBytes& progress) = 0;

  // Writes an object. It appears whole or not at all, and replaces an older one; with `only_new`, an
  // existing one → 6, even if it was written meanwhile. What arrives is compared with what was read and
  // with content.sha256: different → 10 and no object.
  virtual Result<> put(const std::string& key, const Content& content, bool only_new,
                       const TakeBytes& progress) = 0;
  // Makes what was put in the same folder as `key` survive a loss of power.
  virtual Result<> settle(const std::string& key) {
    static_cast<void>(key);
    return {};
  }
  virtual Result<> remove(const std::string& key) = 0;  // absent is fine
  // Removes a folder that has become empty, where the store has folders.
  virtual Result<> remove_folder(const std::string&) { return {}; }

  // Removes many objects; after each batch, `gone` is called with the number removed so far.
  virtual Result<> remove_all(const std::vector<std::string>& keys,
                              const std::function<Result<>(size_t)>& gone) {
    for (size_t k = 0; k < keys.size(); ++k) {
      TRY(remove(keys[k]));
      TRY(gone(k + 1));
    }
    return {};
  }

  virtual std::string url(const std::string& key) const = 0;  // for messages
  // width(): how many requests are worth having under way at once, since a remote store is mostly waited
  // for. streams(): how many of them for ranges of one object.
  virtual size_t width() const { return 8; }
  virtual size_t streams() const { return 1; }
  virtual size_t at_once() const { return width(); }  // how many of width() the store can take right now
};

// Runs `fetch`, and again (a few times) when the bytes were damaged on the way (10).
template <class Fetch>
auto undamaged(const Fetch& fetch) {
  constexpr int kTries = 4;
  for (int tried = 1;; ++tried) {
    auto fetched = fetch();
    if (fetched || fetched.error().code != Exit::integrity || tried == kTries) return fetched;
  }
}

// A place in a store, as a user names one.
struct Place {
  std::unique_ptr<ObjectStore> store;
  std::string key;
  bool slash = false;  // written with a trailing "/", which means only what is below it
  std::string prefix() const { return key.empty() ? "" : key + "/"; }
};
Result<Place> open_file_place(const std::string& url_or_path);  // a path or file://; other schemes → 2

}  // namespace mlctl
