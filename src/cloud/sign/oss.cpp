#include "cloud/sign/oss.h"

#include <algorithm>
#include <array>
#include <map>

#include <fmt/format.h>

#include "core/base/base64.h"
#include "core/base/hash.h"
#include "core/base/strings.h"

namespace mlctl {

namespace {

constexpr const char* kAlgorithm = "OSS4-HMAC-SHA256";
constexpr const char* kPayload = "UNSIGNED-PAYLOAD";  // the only value OSS takes

// The query items that V1 signs besides x-oss-…; it leaves out ordinary parameters (prefix, marker,
// max-keys).
constexpr std::array<std::string_view, 29> kSubResources = {"acl",
                                                            "append",
                                                            "bucketInfo",
                                                            "callback",
                                                            "callback-var",
                                                            "cloudboxes",
                                                            "continuation-token",
                                                            "delete",
                                                            "location",
                                                            "objectMeta",
                                                            "partNumber",
                                                            "position",
                                                            "regionList",
                                                            "response-cache-control",
                                                            "response-content-disposition",
                                                            "response-content-encoding",
                                                            "response-content-language",
                                                            "response-content-type",
                                                            "response-expires",
                                                            "restore",
                                                            "security-token",
                                                            "sequential",
                                                            "stat",
                                                            "symlink",
                                                            "tagging",
                                                            "uploadId",
                                                            "uploads",
                                                            "versionId",
                                                            "versioning"};

std::string resource_path(const StoreRequest& request) {
  return request.bucket.empty() ? "/" : "/" + request.bucket + "/" + request.key;
}

std::string date_of(const SigningScope& scope) {
  return compact_time(scope.time_millis).substr(0, 8);
}

std::string scope_of(const SigningScope& scope) {
  return fmt::format("{}/{}/{}/aliyun_v4_request", date_of(scope), scope.region, scope.service);
}

bool always_signed(std::string_view name) {
  return name == "content-type" || name == "content-md5" || name.starts_with("x-oss-");
}

// Those of the `additional` headers that the request has and that are not signed anyway, sorted.
std::vector<std::string> present(const StoreRequest& request, std::vector<std::string> additional) {
  std::sort(additional.begin(), additional.end());
  additional.erase(std::unique(additional.begin(), additional.end()), additional.end());
  std::erase_if(additional, [&](const std::string& name) {
    return always_signed(name) || std::none_of(request.headers.begin(), request.headers.end(),
                                               [&](const auto& each) { return each.first == name; });
  });
  return additional;
}

// Sorted; unlike AWS's, an empty value has no "=".
std::string canonical_query(const QueryItems& query) {
  std::map<std::string, std::string> items;
  for (const auto& [name, value] : query) items[percent_encode(name, false)] = percent_encode(value, false);
  std::string out;
  for (const auto& [name, value] : items)
    out += (out.empty() ? "" : "&") + name + (value.empty() ? "" : "=" + value);
  return out;
}

std::string signature_of(const StoreRequest& request, const std::vector<std::string>& additional,
                         const Credentials& credentials, const SigningScope& scope) {
  std::map<std::string, std::string> headers;
  for (const auto& [name, value] : request.headers) {
    if (always_signed(name) || std::find(additional.begin(), additional.end(), name) != additional.end())
      headers[name] = trim(value);
  }
  std::string lines;
  for (const auto& [name, value] : headers) lines += name + ":" + value + "\n";
  const std::string canonical =
      fmt::format("{}\n{}\n{}\n{}\n{}\n{}", request.method, percent_encode(resource_path(request), true),
                  canonical_query(request.query), lines, join(additional, ";"), kPayload);
  const std::string to_sign = fmt::format("{}\n{}\n{}\n{}", kAlgorithm, compact_time(scope.time_millis),
                                          scope_of(scope), sha256_hex(canonical));
  std::string key = "aliyun_v4" + credentials.secret;
  for (const std::string& step :
       {date_of(scope), scope.region, scope.service, std::string("aliyun_v4_request")})
    key = hmac_sha256(key, step);
  return hex(hmac_sha256(key, to_sign));
}

bool is_sub_resource(const std::string& name, const std::vector<std::string>& more) {
  return name.starts_with("x-oss-") ||
         std::find(kSubResources.begin(), kSubResources.end(), name) != kSubResources.end() ||
         name == "versions" || std::find(more.begin(), more.end(), name) != more.end();
}

// "/bucket/key?acl&uploadId=1", raw.
std::string canonical_resource(const StoreRequest& request, const std::vector<std::string>& more) {
  std::map<std::string, std::string> items;
  for (const auto& [name, value] : request.query)
    if (is_sub_resource(name, more)) items[name] = value;
  std::string out = resource_path(request);
  char separator = '?';
  for (const auto& [name, value] : items) {
    out += separator + name + (value.empty() ? "" : "=" + value);
    separator = '&';
  }
  return out;
}

// `date`: the date header, or the time of expiry of a presigned URL.
std::string signature_v1(const StoreRequest& request, const Credentials& credentials, const std::string& date,
                         const std::vector<std::string>& more) {
  std::map<std::string, std::string> headers;
  for (const auto& [name, value] : request.headers)
    if (name.starts_with("x-oss-")) headers[name] = trim(value);
  std::string lines;
  for (const auto& [name, value] : headers) lines += name + ":" + value + "\n";
  const std::string to_sign =
      fmt::format("{}\n{}\n{}\n{}\n{}{}", request.method, header(request.headers, "content-md5"),
                  header(request.headers, "content-type"), date, lines, canonical_resource(request, more));
  return base64_encode(hmac_sha1(credentials.secret, to_sign));
}

}  // namespace

void sign_oss_v4(StoreRequest& request, const Credentials& credentials, const SigningScope& scope,
                 std::vector<std::string> additional) {
  request.headers.emplace_back("x-oss-date", compact_time(scope.time_millis));
  request.headers.emplace_back("x-oss-content-sha256", kPayload);
  if (!credentials.token.empty()) request.headers.emplace_back("x-oss-security-token", credentials.token);
  additional = present(request, std::move(additional));
  const std::string named = additional.empty() ? "" : ",AdditionalHeaders=" + join(additional, ";");
  request.headers.emplace_back(
      "authorization",
      fmt::format("{} Credential={}/{}{},Signature={}", kAlgorithm, credentials.id, scope_of(scope), named,
                  signature_of(request, additional, credentials, scope)));
}

void presign_oss_v4(StoreRequest& request, const Credentials& credentials, const SigningScope& scope,
                    int64_t expires_seconds, std::vector<std::string> additional) {
  additional = present(request, std::move(additional));
  request.query.emplace_back("x-oss-signature-version", kAlgorithm);
  request.query.emplace_back("x-oss-date", compact_time(scope.time_millis));
  request.query.emplace_back("x-oss-expires", std::to_string(expires_seconds));
  request.query.emplace_back("x-oss-credential", credentials.id + "/" + scope_of(scope));
  if (!additional.empty()) request.query.emplace_back("x-oss-additional-headers", join(additional, ";"));
  if (!credentials.token.empty()) request.query.emplace_back("x-oss-security-token", credentials.token);
  std::string signature = signature_of(request, additional, credentials, scope);
  request.query.emplace_back("x-oss-signature", std::move(signature));
}

void sign_oss_v1(StoreRequest& request, const Credentials& credentials, int64_t time_millis,
                 const std::vector<std::string>& more_sub_resources) {
  const std::string_view own = header(request.headers, "x-oss-date");
  const std::string date = own.empty() ? http_date(time_millis) : std::string(own);
  request.headers.emplace_back("date", date);
  if (!credentials.token.empty()) request.headers.emplace_back("x-oss-security-token", credentials.token);
  request.headers.emplace_back(
      "authorization",
      fmt::format("OSS {}:{}", credentials.id, signature_v1(request, credentials, date, more_sub_resources)));
}

void presign_oss_v1(StoreRequest& request, const Credentials& credentials, int64_t expires_at) {
  if (!credentials.token.empty()) request.query.emplace_back("security-token", credentials.token);
  std::string signature = signature_v1(request, credentials, std::to_string(expires_at), {});
  request.query.emplace_back("Expires", std::to_string(expires_at));
  request.query.emplace_back("OSSAccessKeyId", credentials.id);
  request.query.emplace_back("Signature", std::move(signature));
}

}  // namespace mlctl
