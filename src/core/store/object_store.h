#pragma once
// Bytes by key: what upload, download, ls and rm need of a store. The file store implements it here; object
// stores do behind HTTP (reads are by range and contents are re-readable, so that they can send parts in
// parallel and again).

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/result.h"

namespace mlctl {

// The checksums that stores keep, computed by the client while the bytes pass. Which one: the store says.
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

// Where a content lies as an object already: a store may take it from there by itself.
struct Origin {
  ObjectStore* store = nullptr;
  ObjectInfo object{};
};

// What put() stores.
struct Content {
  uint64_t size = 0;
  // Shows exactly `size` bytes from `offset` on, in pieces; may be called again, and from several threads.
  std::function<Result<>(uint64_t offset, uint64_t size, const TakeBytes& take)> read;
  bool passing = false;       // what read() shows lasts only as long as the call that gave the content
  std::string sha256{};       // expected; "" when unknown
  Checksum checksum{};        // expected of the whole
  std::string fingerprint{};  // differs when the source has changed; "" when it cannot be known
  size_t streams = 1;         // how many ranges of a large content are worth reading at once
  Origin origin{};
  // What the store shall keep beside it, as it is said there: type, metadata. Empty: as the store is set up.
  std::vector<std::pair<std::string, std::string>> described{};
};

class ObjectStore {
 public:
  virtual ~ObjectStore() = default;

  // Objects whose key begins with `prefix` ("" or "a/b/"), in byte order. Not recursive: only up to the next
  // "/", deeper ones folded into folders.
  virtual Result<> list(const std::string& prefix, bool recursive, const TakeObject& take) = 0;
  // What the listings so far left out, with paths from the root of keys; null in a store that has all.
  virtual const sys::PassedOver* passed_over() const { return nullptr; }
  virtual Result<ObjectInfo> head(const std::string& key) = 0;  // absent → 5
  virtual bool head_is_cheap() const { return false; }          // as cheap as its share of a listing
  // `etag`, when not "": only of that version, else 6.
  virtual Result<> get(const std::string& key, uint64_t offset, uint64_t size, const TakeBytes& take,
                       const std::string& etag) = 0;
  // The whole of what list() or head() found, compared with the checksum the store keeps of it: different →
  // 10, after the last byte was shown.
  virtual Result<> get_whole(const ObjectInfo& info, const TakeBytes& take) {
    return get(info.key, 0, info.size, take, info.etag);
  }
  // Whether the stored bytes are the content's, by the strongest checksum the store keeps.
  virtual Result<bool> same(const ObjectInfo& there, const Content& content, const TakeBytes& progress) = 0;

  // The object appears whole or not at all, replacing an older one; with `only_new`, one that exists → 6,
  // whoever wrote it meanwhile. What arrives is compared with what was read, and with content.sha256:
  // different → 10 and no object.
  virtual Result<> put(const std::string& key, const Content& content, bool only_new,
                       const TakeBytes& progress) = 0;
  // What was put beside `key` survives a loss of power from now on.
  virtual Result<> settle(const std::string& key) {
    static_cast<void>(key);
    return {};
  }
  virtual Result<> remove(const std::string& key) = 0;  // absent is fine
  // Clears what the store keeps of an emptied folder.
  virtual Result<> remove_folder(const std::string&) { return {}; }

  // Many at once; `gone` is told after each batch how many are.
  virtual Result<> remove_all(const std::vector<std::string>& keys,
                              const std::function<Result<>(size_t)>& gone) {
    for (size_t k = 0; k < keys.size(); ++k) {
      TRY(remove(keys[k]));
      TRY(gone(k + 1));
    }
    return {};
  }

  virtual std::string url(const std::string& key) const = 0;  // for messages
  // Requests worth having under way at once (a remote store is mostly waited for), and how many of them for
  // ranges of one object.
  virtual size_t width() const { return 8; }
  virtual size_t streams() const { return 1; }
  virtual size_t at_once() const { return width(); }  // how many of width() the store takes gladly just now
};

// What `fetch` returns; bytes damaged on the way (10) are asked for again, a few times.
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
  bool slash = false;  // it was written with a trailing "/": only what is below it is meant
  std::string prefix() const { return key.empty() ? "" : key + "/"; }
};
Result<Place> open_file_place(const std::string& url_or_path);  // a path or file://; other schemes → 2

}  // namespace mlctl
