#pragma once
// Opens stores as commands name them: a path, file://, s3://, oss:// or gs://.

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cloud/store/http_store.h"
#include "core/store/object_store.h"
#include "core/sys/clock.h"
#include "core/sys/env.h"
#include "core/sys/stop.h"

namespace mlctl {

struct Service;

// A store's settings from flags. What they leave open comes from the profile, the environment and the
// vendors' own files.
struct StoreOptions {
  std::string endpoint, region, ca_file, limit_rate;
  bool insecure = false;
  std::vector<std::string> metadata, tags;  // KEY=VALUE
  std::string content_type, storage_class, encryption, kms_key, acl, part_size, version, customer_key;
  bool follow_links = false;  // of a source that is a folder here
};

// What surrounds a command. The references outlive the stores that it opens.
struct StoreSurroundings {
  const sys::Env& env;
  sys::Clock& clock;
  const sys::StopFlag& stop;
  std::filesystem::path config;     // mlctl's configuration …
  std::string profile;              // … and the profile to take from it; "" = the current one
  std::filesystem::path cache;      // for what is learnt about endpoints
  std::filesystem::path transfers;  // for records of uploads that can be resumed
  std::function<void(const std::string& line)> trace{};  // sees every request that went out; may be null
};

// A store's settings from mlctl's profile. cloud_profile is for AWS; the other vendors' profiles are chosen
// by variables.
struct StoreDefaults {
  std::string endpoint, region, cloud_profile;
};

// Checks only the scheme: an unknown one → 2 with a did-you-mean.
Result<> check_place(const std::string& url_or_path);
bool names_no_bucket(const std::string& url);

// A place in an object store, for operations that only object stores have. Any other place → 2.
struct BucketPlace {
  std::unique_ptr<HttpStore> store;
  std::string key;
  bool slash = false;
  std::string prefix() const { return key.empty() ? "" : key + "/"; }
};
// Multipart uploads of the object, or of those below it, that were begun and not ended.
Result<std::vector<Upload>> incomplete_uploads(const BucketPlace& place);

class Stores {
 public:
  explicit Stores(StoreSurroundings around) : around_(std::move(around)) {}

  Result<Place> open(const std::string& url_or_path, const StoreOptions& options = {}) const;
  Result<BucketPlace> open_bucket(const std::string& url, const StoreOptions& options) const;
  Result<std::vector<Bucket>> buckets(const std::string& url, const StoreOptions& options) const;
  Result<StoreDefaults> defaults(const Service& service) const;

 private:
  // `bucket` "": about the service itself.
  Result<std::shared_ptr<StoreClient>> client(const Service& service, const std::string& bucket,
                                              const StoreOptions& options) const;

  StoreSurroundings around_;
};

}  // namespace mlctl
