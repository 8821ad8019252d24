#pragma once
// The file system as an object store: the key "srv/data/x" is the file /srv/data/x. Hidden files are not
// objects.

#include "core/store/object_store.h"

namespace mlctl {

// Of the names of halves of objects, beside where the object will be.
inline constexpr const char* kPartPrefix = ".mlctl-part-";

class FileStore : public ObjectStore {
 public:
  explicit FileStore(std::string root = "/") : root_(std::move(root)) {}

  Result<> list(const std::string& prefix, bool recursive, const TakeObject& take) override;
  Result<ObjectInfo> head(const std::string& key) override;
  Result<> get(const std::string& key, uint64_t offset, uint64_t size, const TakeBytes& take,
               const std::string& etag) override;
  Result<bool> same(const ObjectInfo& there, const Content& content, const TakeBytes& progress) override;
  Result<> put(const std::string& key, const Content& content, bool only_new,
               const TakeBytes& progress) override;
  Result<> settle(const std::string& key) override;
  Result<> remove(const std::string& key) override;
  Result<> remove_folder(const std::string& prefix) override;
  std::string url(const std::string& key) const override { return root_ + key; }

 private:
  std::string root_;  // ends in "/"
};

}  // namespace mlctl
