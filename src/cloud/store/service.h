#pragma once
// What tells the stores apart: names of headers, signatures, checksums. Everything else is one protocol,
// S3's, which OSS and Google's XML API follow.

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
  bool takes_checksum = false;  // in the request of an object or part, with nothing to agree on before
  uint64_t smallest_part = 5u << 20;
  bool deletes_many = true;                     // POST ?delete
  bool completes_conditionally = true;          // a multipart upload, by the next one
  uint64_t copied_at_once = uint64_t{5} << 30;  // of an object, in one request …
  bool copies_parts = true;                     // … and more in parts
  bool copies_conditionally = true;             // of S3's look-alikes not every one
  const char* version_item = "versionId";       // of a query
  // The header of a write that must not replace an object.
  std::pair<const char*, const char*> only_new = {"if-none-match", "*"};
};
const Service* find_service(std::string_view scheme);  // null: not an object store's scheme

// One bucket's store as a command wants it: everything is decided, nothing is asked.
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
  std::string version{};          // read and remove this one of an object's; "" = the latest
  size_t width = 64;              // requests under way at most
  uint64_t bytes_per_second = 0;  // 0 = unlimited
  // Sees every request that went out, as -v shows it; called from many threads. Null: nobody looks.
  std::function<void(const std::string& line)> trace{};

  // Over plain HTTP a signature of version 4 covers the payload's SHA-256; TLS guards it as well.
  bool signs_payload() const { return endpoint.scheme == "http" && service.signature == SignatureKind::v4; }
};

// Flags and surroundings, as the user gave them.
struct StoreRequestFlags {
  std::string endpoint, region;
  std::string profile;                           // of the vendor's files, see credentials_for
  std::string usual_endpoint{}, usual_region{};  // where neither flag nor variable says
};

// "s3://bucket/key" with the flags, the environment and the vendors' files → settings. No bucket, an illegal
// name or endpoint → 2.
// A profile that does not exist → 4.
Result<StoreSettings> settings_for(const Service& service, const std::string& bucket,
                                   const StoreRequestFlags& flags, const sys::Env& env);

// Of the service, about no bucket.
Result<StoreSettings> settings_for_service(const Service& service, const StoreRequestFlags& flags,
                                           const sys::Env& env);

}  // namespace mlctl
