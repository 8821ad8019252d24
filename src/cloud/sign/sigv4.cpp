#include "cloud/sign/sigv4.h"

#include <algorithm>
#include <array>
#include <map>

#include <fmt/format.h>

#include "core/base/hash.h"
#include "core/base/strings.h"

namespace mlctl {

namespace {

// Google's XML API has the same algorithm in words of its own; a signature in AWS's words makes it read
// x-amz-… headers only (cloud.google.com/storage/docs/aws-simple-migration).
struct Words {
  const char *algorithm, *secret, *request, *header, *query;
};
constexpr Words kAws = {"AWS4-HMAC-SHA256", "AWS4", "aws4_request", "x-amz-", "X-Amz-"};
constexpr Words kGoogle = {"GOOG4-HMAC-SHA256", "GOOG4", "goog4_request", "x-goog-", "X-Goog-"};

const Words& words_of(const SigningScope& scope) {
  return scope.service == "storage" ? kGoogle : kAws;
}

// Rewritten on the way by proxies and stores (Google's changes accept-encoding), or added after signing.
constexpr std::array<std::string_view, 7> kUnsigned = {"accept-encoding", "authorization",     "connection",
                                                       "expect",          "transfer-encoding", "user-agent",
                                                       "x-amzn-trace-id"};

bool is_store(const SigningScope& scope) {
  return scope.service == "s3" || scope.service == "storage";
}

std::string date_of(const SigningScope& scope) {
  return compact_time(scope.time_millis).substr(0, 8);
}

std::string scope_of(const SigningScope& scope) {
  return fmt::format("{}/{}/{}/{}", date_of(scope), scope.region, scope.service, words_of(scope).request);
}

std::string signing_key(const Credentials& credentials, const SigningScope& scope) {
  const Words& words = words_of(scope);
  std::string key = words.secret + credentials.secret;
  for (const std::string& step : {date_of(scope), scope.region, scope.service, std::string(words.request)})
    key = hmac_sha256(key, step);
  return key;
}

// Runs of blanks become one, even within quotes.
std::string collapsed(std::string_view value) {
  std::string out;
  for (const char c : trim(value)) {
    if (c == ' ' && out.ends_with(' ')) continue;
    out += c;
  }
  return out;
}

struct CanonicalHeaders {
  std::string lines, names;  // "host:h\n", "host;x-amz-date"
};

CanonicalHeaders canonical_headers(const HttpHeaders& headers) {
  std::map<std::string, std::string> joined;
  for (const auto& [name, value] : headers) {
    if (std::find(kUnsigned.begin(), kUnsigned.end(), name) != kUnsigned.end()) continue;
    auto [at, fresh] = joined.try_emplace(name, collapsed(value));
    if (!fresh) at->second += "," + collapsed(value);
  }
  CanonicalHeaders canonical;
  for (const auto& [name, value] : joined) {
    canonical.lines += name + ":" + value + "\n";
    canonical.names += (canonical.names.empty() ? "" : ";") + name;
  }
  return canonical;
}

// Sorted by encoded name, then encoded value; an empty value keeps its "=".
std::string canonical_query(const QueryItems& query) {
  std::vector<std::pair<std::string, std::string>> items;
  for (const auto& [name, value] : query)
    items.emplace_back(percent_encode(name, false), percent_encode(value, false));
  std::sort(items.begin(), items.end());
  std::string out;
  for (const auto& [name, value] : items) out += (out.empty() ? "" : "&") + name + "=" + value;
  return out;
}

// S3 signs the path as it is on the wire, other services encode it once more.
std::string canonical_path(const StoreRequest& request, const SigningScope& scope) {
  const std::string path = wire_path(request);
  const bool store = is_store(scope) || scope.service == "s3express";
  return store ? path : percent_encode(path, true);
}

std::string signature_of(const StoreRequest& request, const CanonicalHeaders& headers,
                         const Credentials& credentials, const SigningScope& scope,
                         const std::string& payload_hash) {
  const std::string canonical =
      fmt::format("{}\n{}\n{}\n{}\n{}\n{}", request.method, canonical_path(request, scope),
                  canonical_query(request.query), headers.lines, headers.names, payload_hash);
  const std::string to_sign =
      fmt::format("{}\n{}\n{}\n{}", words_of(scope).algorithm, compact_time(scope.time_millis),
                  scope_of(scope), sha256_hex(canonical));
  return hex(hmac_sha256(signing_key(credentials, scope), to_sign));
}

std::string follow(const char* kind, const Credentials& credentials, const SigningScope& scope,
                   std::string_view previous, const std::string& hashes) {
  const std::string to_sign = fmt::format("AWS4-HMAC-SHA256-{}\n{}\n{}\n{}\n{}", kind,
                                          compact_time(scope.time_millis), scope_of(scope), previous, hashes);
  return hex(hmac_sha256(signing_key(credentials, scope), to_sign));
}

}  // namespace

std::string sign_v4(StoreRequest& request, const Credentials& credentials, const SigningScope& scope,
                    const std::string& payload_hash) {
  const Words& words = words_of(scope);
  const auto add = [&](const char* name, std::string value) {
    request.headers.emplace_back(std::string(words.header) + name, std::move(value));
  };
  add("date", compact_time(scope.time_millis));
  if (is_store(scope)) add("content-sha256", payload_hash);
  if (!credentials.token.empty()) add("security-token", credentials.token);
  const CanonicalHeaders headers = canonical_headers(request.headers);
  std::string signature = signature_of(request, headers, credentials, scope, payload_hash);
  request.headers.emplace_back(
      "authorization", fmt::format("{} Credential={}/{}, SignedHeaders={}, Signature={}", words.algorithm,
                                   credentials.id, scope_of(scope), headers.names, signature));
  return signature;
}

void presign_v4(StoreRequest& request, const Credentials& credentials, const SigningScope& scope,
                int64_t expires_seconds, const std::string& payload_hash) {
  const CanonicalHeaders headers = canonical_headers(request.headers);
  const Words& words = words_of(scope);
  const auto add = [&](const char* name, std::string value) {
    request.query.emplace_back(std::string(words.query) + name, std::move(value));
  };
  add("Algorithm", words.algorithm);
  add("Credential", credentials.id + "/" + scope_of(scope));
  add("Date", compact_time(scope.time_millis));
  add("Expires", std::to_string(expires_seconds));
  if (!credentials.token.empty()) add("Security-Token", credentials.token);
  add("SignedHeaders", headers.names);
  add("Signature", signature_of(request, headers, credentials, scope, payload_hash));
}

std::string chunk_signature_v4(const Credentials& credentials, const SigningScope& scope,
                               std::string_view previous, std::string_view chunk) {
  return follow("PAYLOAD", credentials, scope, previous, sha256_hex("") + "\n" + sha256_hex(chunk));
}

std::string trailer_signature_v4(const Credentials& credentials, const SigningScope& scope,
                                 std::string_view previous, std::string_view trailers) {
  return follow("TRAILER", credentials, scope, previous, sha256_hex(trailers));
}

}  // namespace mlctl
