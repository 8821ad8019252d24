#pragma once
// The differences between the stores: names of headers, signatures, checksums. The rest is S3's protocol,
// which OSS and Google's XML API follow.

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "cloud/credentials/source.h"
#include "cloud/http/pool.h"
#include "cloud/sign/request.h"
#include "core/store/object_store.h"

namespace mlctl {

enum class SignatureKind { v4, oss_v4, oss_v1, none };  // of keys; a bearer token needs none

struct Service {
  std::string scheme;         // "s3", "oss", "gs"
  std::string header_prefix;  // "x-amz-", "x-oss-", "x-goog-"
  SignatureKind signature = SignatureKind::v4;
  std::string signing_name;  // service in the scope: "s3", "oss"
  Checksum::Kind checksum = Checksum::Kind::crc64_nvme;
  std::string checksum_header;  // of a whole object, in answers
  bool sends_checksum = false;  // … and, by S3, in requests
  bool takes_checksum = false;  // in the request of an object or part, without announcing it first
  uint64_t smallest_part = 5u << 20;
  bool deletes_many = true;                     // POST ?delete
  bool completes_conditionally = true;          // only_new (below) works for multipart uploads
  uint64_t copied_at_once = uint64_t{5} << 30;  // bytes of an object copied in one request …
  bool copies_parts = true;                     // … and more in parts
  bool copies_conditionally = true;             // not true of every S3 look-alike
  const char* version_item = "versionId";       // query item that names a version
  // The header of a write that must not replace an object.
  std::pair<const char*, const char*> only_new = {"if-none-match", "*"};
};
const Service* find_service(std::string_view scheme);  // null: not an object store's scheme

// All settings of one bucket's store, decided before any request is sent.
struct StoreSettings {
  Service service;
  std::string bucket;
  Url endpoint;             // without the bucket
  bool path_style = false;  // the bucket in the path; else in front of the host
  std::string region;
  HttpHeaders put_headers{};      // of every object written: metadata, storage class, encryption, ACL, tags
  HttpHeaders key_headers{};      // a customer's encryption key: of every request for content
  std::string content_type{};     // "" = by the key's extension
  uint64_t part_size = 0;         // 0 = by the object's size
  std::string version{};          // the version to read or remove; "" = the latest
  size_t width = 64;              // requests under way at most
  uint64_t bytes_per_second = 0;  // 0 = unlimited
  // Sees every request that went out, as -v shows it; called from many threads. Null: nobody looks.
  std::function<void(const std::string& line)> trace{};

  // Over plain HTTP a signature of version 4 covers the payload's SHA-256; TLS guards it as well.
  bool signs_payload() const { return endpoint.scheme == "http" && service.signature == SignatureKind::v4; }
};

// Flags and defaults as the user gave them.
struct StoreRequestFlags {
  std::string endpoint, region;
  std::string profile;                           // of the vendor's files, see credentials_for
  std::string usual_endpoint{}, usual_region{};  // used when neither flag nor variable is given
};

// The settings for a bucket, from the flags, the environment and the vendors' files. No bucket, or an
// illegal name or endpoint → 2; a profile that does not exist → 4.
Result<StoreSettings> settings_for(const Service& service, const std::string& bucket,
                                   const StoreRequestFlags& flags, const sys::Env& env);

// The settings for requests about the service itself, without a bucket.
Result<StoreSettings> settings_for_service(const Service& service, const StoreRequestFlags& flags,
                                           const sys::Env& env);

}  // namespace mlctl
