#pragma once
// Stores as commands name them: a path, file://, s3://, oss:// or gs://.

#include <string>
#include <vector>

#include "cloud/store/http_store.h"
#include "cmd/shell/command.h"
#include "core/store/object_store.h"

namespace mlctl {

struct Service;

// What the flags say about a store; what they leave open comes from the profile, the environment, the
// vendors' own files.
struct StoreOptions {
  std::string endpoint, region, ca_file, limit_rate;
  bool insecure = false;
  std::vector<std::string> metadata, tags;  // KEY=VALUE
  std::string content_type, storage_class, encryption, kms_key, acl, part_size, version, customer_key;
  bool follow_links = false;  // of a source that is a folder here
};

// What mlctl's profile says of a store; the cloud's own profile is AWS's, as the others have variables for
// it.
struct StoreDefaults {
  std::string endpoint, region, cloud_profile;
};
Result<StoreDefaults> store_defaults(const Context& context, const Service& service);

void declare_store(Flags& flags, StoreOptions& options);          // --endpoint --region --ca-cert --insecure
void declare_stored_object(Flags& flags, StoreOptions& options);  // --metadata --storage-class …

void declare_customer_key(Flags& flags, StoreOptions& options);  // --sse-c-key
void declare_version(Flags& flags, StoreOptions& options);       // --version-id
void declare_links(Flags& flags, StoreOptions& options);         // --follow-links

// Says on stderr what the store's listings passed over: links, FIFOs and the like. `can_follow`: the command
// has --follow-links.
void tell_passed_over(Context& context, const ObjectStore& store, bool can_follow);

// Only looks at the scheme: an unknown one → 2 with a did-you-mean.
Result<> check_place(const std::string& url_or_path);
// A store without a bucket, "s3://": only its buckets can be asked for.
bool names_no_bucket(const std::string& url);
Result<std::vector<Bucket>> list_buckets(Context& context, const std::string& url,
                                         const StoreOptions& options);
// A place in an object store, with what only those have. Anything else → 2.
struct BucketPlace {
  std::unique_ptr<HttpStore> store;
  std::string key;
  bool slash = false;
  std::string prefix() const { return key.empty() ? "" : key + "/"; }
};
Result<BucketPlace> open_bucket(Context& context, const std::string& url, const StoreOptions& options);
// Multipart uploads of the object, or of those below it, that were begun and not ended.
Result<std::vector<Upload>> incomplete_uploads(const BucketPlace& place);
Result<Place> open_place(Context& context, const std::string& url_or_path, const StoreOptions& options = {});

}  // namespace mlctl
