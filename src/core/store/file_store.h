#pragma once
// The file system as an object store: the key "srv/data/x" is the file /srv/data/x. Hidden files are not
// objects. Links are not either, unless the rules say to follow them.

#include <optional>

#include "core/base/mutex.h"
#include "core/store/object_store.h"
#include "core/sys/walk.h"

namespace mlctl {

// How the names of unfinished objects begin; they lie beside the place of the object.
inline constexpr const char* kPartPrefix = ".mlctl-part-";

struct FileRules {
  // For listing and reading; nothing is ever written through a link.
  sys::Links links = sys::Links::pass_over;
  const sys::StopFlag* stop = nullptr;
};

class FileStore : public ObjectStore {
 public:
  // `typed`: the key that the user wrote, or one that is as trustworthy. Links on the way to it are
  // followed; below it, only as `rules` say.
  explicit FileStore(std::string root = "/", std::string typed = {}, FileRules rules = {})
      : root_(std::move(root)), typed_(std::move(typed)), rules_(rules) {}

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
  const sys::PassedOver* passed_over() const override { return &passed_; }
  bool head_is_cheap() const override { return true; }

 private:
  Result<sys::PathAt> at(const std::string& key, sys::Missing missing);
  Result<sys::PathAt> readable(const std::string& key);
  Result<sys::Folder> base(sys::Missing missing);
  bool follows() const { return rules_.links == sys::Links::follow; }

  std::string root_;  // ends in "/"
  std::string typed_;
  FileRules rules_;
  Mutex mutex_;                                               // of base_
  std::optional<sys::Folder> base_ MLCTL_GUARDED_BY(mutex_);  // root_ + typed_, once it exists
  sys::PassedOver passed_;
};

Result<Place> open_file_place(const std::string& url_or_path, FileRules rules);

}  // namespace mlctl
