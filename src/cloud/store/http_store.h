#pragma once
// A bucket as an ObjectStore: listing by pages, objects in one request or in parts, reads by range.

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>

#include "cloud/store/client.h"
#include "cloud/store/xml.h"
#include "core/store/checksum.h"
#include "core/store/object_store.h"

namespace mlctl {

class HttpStore : public ObjectStore {
 public:
  // `journal`: a folder that remembers multipart uploads under way, so that a killed one goes on; "" = none.
  HttpStore(std::shared_ptr<StoreClient> client, std::filesystem::path journal)
      : client_(std::move(client)), journal_(std::move(journal)) {}

  Result<> list(const std::string& prefix, bool recursive, const TakeObject& take) override;
  Result<ObjectInfo> head(const std::string& key) override;
  Result<> get(const std::string& key, uint64_t offset, uint64_t size, const TakeBytes& take,
               const std::string& etag) override;
  Result<> get_whole(const ObjectInfo& info, const TakeBytes& take) override;
  Result<bool> same(const ObjectInfo& there, const Content& content, const TakeBytes& progress) override;
  Result<> put(const std::string& key, const Content& content, bool only_new,
               const TakeBytes& progress) override;
  Result<> remove(const std::string& key) override;
  Result<> remove_all(const std::vector<std::string>& keys,
                      const std::function<Result<>(size_t)>& gone) override;
  std::string url(const std::string& key) const override { return client_->url(key); }
  size_t width() const override { return client_->settings().width; }
  size_t at_once() const override { return client_->at_once(); }
  size_t streams() const override { return 6; }

  // All versions of the objects whose key begins with the prefix, including deletion marks, in the store's
  // order: by key, the latest first.
  Result<> versions(const std::string& prefix, const std::function<Result<>(const ObjectVersion&)>& take);
  Result<std::string> link(const std::string& key, int64_t seconds) { return client_->presign(key, seconds); }
  // Uploads that were begun and never finished; they still take up space.
  Result<std::vector<Upload>> incomplete(const std::string& prefix);
  Result<> abort(const Upload& upload);

 private:
  struct Read {  // bytes of an object, from `offset` on
    std::string key;
    uint64_t offset = 0, size = 0;
    std::string etag;
    bool whole = false;
  };
  QueryItems version() const;
  Result<> check_length(const std::string& key) const;
  Result<> read(Read range, const TakeBytes& take);
  Result<> remove_batch(const std::vector<std::string>& keys);
  Result<> put_through(StoreClient& from, const std::string& key, const Content& content, bool only_new,
                       const TakeBytes& progress);
  Result<> put_read(const std::string& key, const Content& content, bool only_new, const TakeBytes& progress);
  Result<> put_whole(const std::string& key, const Content& content, bool only_new,
                     const TakeBytes& progress);
  Result<http::Response> call(const std::string& method, const std::string& key, QueryItems query = {},
                              HttpHeaders headers = {});

  std::shared_ptr<StoreClient> client_;
  std::filesystem::path journal_;
};

}  // namespace mlctl
