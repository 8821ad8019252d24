#pragma once
// A store's request before it is signed, and what signing needs. The signers add headers (or query items
// for a presigned URL) and change nothing else.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/net/http.h"

namespace mlctl {

using QueryItems = std::vector<std::pair<std::string, std::string>>;  // not encoded, in any order

struct StoreRequest {
  std::string method = "GET";
  std::string bucket;       // "" for the service itself
  std::string key;          // not encoded, without a leading "/"; may be any bytes
  bool path_style = false;  // the bucket is in the path, not in the host
  QueryItems query{};
  HttpHeaders headers{};  // lower case; "host" is set before signing
};

// A secret is never printed: no formatter for this exists.
struct Credentials {
  std::string id, secret;
  std::string token;           // "" for keys that do not expire
  int64_t expires_millis = 0;  // Unix time; 0 = never
  std::string source;          // "environment", "profile default of ~/.aws/credentials", …: for people
  // An OAuth access token instead of keys: sent as "Authorization: Bearer TOKEN", nothing is signed.
  bool is_bearer() const { return id.empty() && !token.empty(); }
};

struct SigningScope {
  std::string region, service;  // "us-east-1", "s3"
  int64_t time_millis = 0;      // Unix time, corrected for the server's clock
};

// Everything but A-Z a-z 0-9 - . _ ~ becomes %XX (RFC 3986), and "/" unless it is kept.
std::string percent_encode(std::string_view text, bool keep_slash);

// "/bucket/key" or "/key", encoded once: no dot segment or "//" is folded.
std::string wire_path(const StoreRequest& request);
// "a=1&b=" in the order given, as it goes on the wire.
std::string wire_query(const QueryItems& query);

std::string compact_time(int64_t millis);  // "20130524T000000Z"
std::string http_date(int64_t millis);     // "Fri, 24 May 2013 00:00:00 GMT"

std::string hmac_sha256(std::string_view key, std::string_view text);  // 32 bytes
std::string hmac_sha1(std::string_view key, std::string_view text);    // 20 bytes
std::string hex(std::string_view bytes);                               // lower case

}  // namespace mlctl
