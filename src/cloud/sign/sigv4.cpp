#include "cloud/sign/sigv4.h"

#include <algorithm>
#include <array>
#include <map>

#include <fmt/format.h>

#include "core/base/hash.h"
#include "core/base/strings.h"

namespace mlctl {

namespace {

constexpr const char* kAlgorithm = "AWS4-HMAC-SHA256";
// Rewritten on the way by proxies and stores (Google's changes accept-encoding), or added after signing.
constexpr std::array<std::string_view, 7> kUnsigned = {"accept-encoding", "authorization",     "connection",
                                                       "expect",          "transfer-encoding", "user-agent",
                                                       "x-amzn-trace-id"};

std::string date_of(const SigningScope& scope) {
  return compact_time(scope.time_millis).substr(0, 8);
}

std::string scope_of(const SigningScope& scope) {
  return fmt::format("{}/{}/{}/aws4_request", date_of(scope), scope.region, scope.service);
}

std::string signing_key(const Credentials& credentials, const SigningScope& scope) {
  std::string key = "AWS4" + credentials.secret;
  for (const std::string& step : {date_of(scope), scope.region, scope.service, std::string("aws4_request")})
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
  const bool store = scope.service == "s3" || scope.service == "s3express";
  return store ? path : percent_encode(path, true);
}

std::string signature_of(const StoreRequest& request, const CanonicalHeaders& headers,
                         const Credentials& credentials, const SigningScope& scope,
                         const std::string& payload_hash) {
  const std::string canonical =
      fmt::format("{}\n{}\n{}\n{}\n{}\n{}", request.method, canonical_path(request, scope),
                  canonical_query(request.query), headers.lines, headers.names, payload_hash);
  const std::string to_sign = fmt::format("{}\n{}\n{}\n{}", kAlgorithm, compact_time(scope.time_millis),
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
  request.headers.emplace_back("x-amz-date", compact_time(scope.time_millis));
  if (scope.service == "s3") request.headers.emplace_back("x-amz-content-sha256", payload_hash);
  if (!credentials.token.empty()) request.headers.emplace_back("x-amz-security-token", credentials.token);
  const CanonicalHeaders headers = canonical_headers(request.headers);
  std::string signature = signature_of(request, headers, credentials, scope, payload_hash);
  request.headers.emplace_back("authorization",
                               fmt::format("{} Credential={}/{}, SignedHeaders={}, Signature={}", kAlgorithm,
                                           credentials.id, scope_of(scope), headers.names, signature));
  return signature;
}

void presign_v4(StoreRequest& request, const Credentials& credentials, const SigningScope& scope,
                int64_t expires_seconds, const std::string& payload_hash) {
  const CanonicalHeaders headers = canonical_headers(request.headers);
  request.query.emplace_back("X-Amz-Algorithm", kAlgorithm);
  request.query.emplace_back("X-Amz-Credential", credentials.id + "/" + scope_of(scope));
  request.query.emplace_back("X-Amz-Date", compact_time(scope.time_millis));
  request.query.emplace_back("X-Amz-Expires", std::to_string(expires_seconds));
  if (!credentials.token.empty()) request.query.emplace_back("X-Amz-Security-Token", credentials.token);
  request.query.emplace_back("X-Amz-SignedHeaders", headers.names);
  std::string signature = signature_of(request, headers, credentials, scope, payload_hash);
  request.query.emplace_back("X-Amz-Signature", std::move(signature));
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
