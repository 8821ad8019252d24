#pragma once
// The XML of the stores: S3's, which OSS and Google's XML API share except for a few names. Only reads and
// writes documents; nothing here sends.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/result.h"
#include "core/store/object_store.h"

namespace mlctl {

// An <Error> document: of a 4xx or 5xx, or of a 200 that failed after its headers were sent. `code` is ""
// for any other body.
struct StoreError {
  std::string code, message, region, endpoint, resource, request_id;
};
StoreError parse_store_error(std::string_view body);

struct ListPage {
  std::vector<ObjectInfo> objects;  // folders (common prefixes) among them, in byte order
  std::string next;                 // the token or marker of the next page; "" at the end
};
Result<ListPage> parse_list(std::string_view body);  // not a listing → 9

struct Upload {
  std::string key, id;
  int64_t initiated_millis = 0;
};
struct UploadPage {
  std::vector<Upload> uploads;
  std::string next_key, next_id;  // "" at the end
};
Result<UploadPage> parse_uploads(std::string_view body);

struct Part {
  int number = 0;
  uint64_t size = 0;
  std::string etag;      // without quotes
  std::string checksum;  // as in the service's checksum header; "" when the store keeps none
};
struct PartPage {
  std::vector<Part> parts;
  int next = 0;  // 0 at the end
};
Result<PartPage> parse_parts(std::string_view body);
Result<std::string> parse_upload_id(std::string_view body);

// What CompleteMultipartUpload and CopyObject answer.
struct Finished {
  std::string etag;      // without quotes
  std::string checksum;  // of the whole object, base64; "" when none came
};
Result<Finished> parse_finished(std::string_view body);

// An account's buckets.
struct Bucket {
  std::string name;
  int64_t created_millis = 0;
  std::string region;  // "" where the store does not say
};
struct BucketPage {
  std::vector<Bucket> buckets;
  std::string next;  // "" at the end
};
Result<BucketPage> parse_buckets(std::string_view body);

struct ObjectVersion {
  ObjectInfo object;
  std::string id;
  bool latest = false, deleted = false;  // deleted: a mark that says so, without content
};
struct VersionPage {
  std::vector<ObjectVersion> versions;
  std::string next_key, next_id;  // "" at the end
};
Result<VersionPage> parse_versions(std::string_view body);  // S3's, OSS's; Google's generations

// What GET ?tagging answers.
Result<std::vector<std::pair<std::string, std::string>>> parse_tags(std::string_view body);

struct DeleteFailure {
  std::string key, code, message;
};
Result<std::vector<DeleteFailure>> parse_deletes(std::string_view body);

// `checksum_name`: "ChecksumCRC64NVME", or "" to send none.
std::string complete_document(const std::vector<Part>& parts, const std::string& checksum_name);
// Whether XML 1.0 can hold the key: UTF-8 without control characters or U+FFFE and U+FFFF.
bool fits_xml(std::string_view key);
std::string delete_document(const std::vector<std::string>& keys);

// "2026-11-21T10:00:00.000Z" → Unix milliseconds; 0 when it is none.
int64_t parse_xml_time(std::string_view text);

}  // namespace mlctl
