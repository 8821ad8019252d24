#include "cloud/store/errors.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "core/net/http.h"

namespace mlctl {

namespace {

struct Row {
  std::string_view code;
  Exit exit;
  const char *what, *hint;  // {url}, {bucket}, {action}
};

constexpr const char* kKeys = "check the keys; mlctl doctor says where they come from";

constexpr std::array kRows = {
    Row{"AccessDenied", Exit::auth, "no permission to {action} {url}",
        "ask for that permission, or use other keys: mlctl doctor says which are used"},
    Row{"InvalidAccessKeyId", Exit::auth, "the store does not know the access key (for {url})", kKeys},
    Row{"SignatureDoesNotMatch", Exit::auth, "the secret key is wrong (for {url})", kKeys},
    Row{"ExpiredToken", Exit::auth, "the session token has expired (for {url})", "sign in again"},
    Row{"SecurityTokenExpired", Exit::auth, "the session token has expired (for {url})", "sign in again"},
    Row{"InvalidToken", Exit::auth, "the session token is not valid (for {url})", kKeys},
    Row{"InvalidSecurityToken", Exit::auth, "the session token is not valid (for {url})", kKeys},
    Row{"RequestTimeTooSkewed", Exit::auth, "this machine's clock differs too much from the store's",
        "set the clock (timedatectl set-ntp true)"},
    Row{"AuthorizationHeaderMalformed", Exit::auth, "the request was signed for the wrong region (for {url})",
        "give the bucket's region with --region"},
    Row{"NoSuchBucket", Exit::not_found, "there is no bucket \"{bucket}\"",
        "check its name, the endpoint and the region"},
    Row{"NoSuchKey", Exit::not_found, "there is no object {url}",
        "mlctl ls of its prefix shows what there is"},
    Row{"NoSuchVersion", Exit::not_found, "there is no such version of {url}",
        "mlctl ls --versions shows which there are"},
    Row{"NoSuchUpload", Exit::not_found, "the multipart upload of {url} is gone",
        "run the same command again"},
    Row{"PreconditionFailed", Exit::conflict, "{url} exists or has changed meanwhile",
        "--overwrite replaces it"},
    Row{"ConditionalRequestConflict", Exit::conflict, "{url} is being written by someone else",
        "run the same command again"},
    Row{"FileAlreadyExists", Exit::conflict, "{url} exists", "--overwrite replaces it"},
    Row{"BadDigest", Exit::integrity, "{url} did not arrive as it was sent", "run the same command again"},
    Row{"InvalidDigest", Exit::integrity, "{url} did not arrive as it was sent",
        "run the same command again"},
    Row{"XAmzContentSHA256Mismatch", Exit::integrity, "{url} did not arrive as it was sent",
        "run the same command again"},
    Row{"XAmzContentChecksumMismatch", Exit::integrity, "{url} did not arrive as it was sent",
        "run the same command again"},
    Row{"QuotaExceeded", Exit::resource, "the store's quota is used up (for {url})",
        "delete something, or ask for more"},
    Row{"XMinioStorageFull", Exit::resource, "the store's disks are full (for {url})", "make room there"},
    Row{"KeyTooLongError", Exit::usage, "the key of {url} is too long", "keys have at most 1,024 bytes"},
    Row{"InvalidBucketName", Exit::usage, "\"{bucket}\" is not a bucket's name", "check its name"},
    Row{"InvalidStorageClass", Exit::usage, "the store does not have that storage class (for {url})",
        "check --storage-class"},
    Row{"PermanentRedirect", Exit::network, "{bucket} answers at another endpoint",
        "check --endpoint and --region"},
};

constexpr std::array<std::pair<int, std::string_view>, 7> kByStatus = {{{401, "InvalidAccessKeyId"},
                                                                        {403, "AccessDenied"},
                                                                        {404, "NoSuchKey"},
                                                                        {409, "ConditionalRequestConflict"},
                                                                        {412, "PreconditionFailed"},
                                                                        {301, "PermanentRedirect"},
                                                                        {507, "QuotaExceeded"}}};

const char* action_of(const std::string& method) {
  if (method == "PUT" || method == "POST") return "write";
  return method == "DELETE" ? "delete" : "read";
}

std::string filled(std::string text, const Refused& refused) {
  const std::array<std::pair<std::string_view, std::string>, 3> fields = {
      {{"{url}", refused.url}, {"{bucket}", refused.bucket}, {"{action}", action_of(refused.method)}}};
  for (const auto& [field, value] : fields)
    if (const size_t at = text.find(field); at != std::string::npos) text.replace(at, field.size(), value);
  return text;
}

const Row* find_row(std::string_view code) {
  const auto* const found =
      std::find_if(kRows.begin(), kRows.end(), [&](const Row& row) { return row.code == code; });
  return found == kRows.end() ? nullptr : found;
}

}  // namespace

Error store_error(const Refused& refused, const StoreError& said) {
  const Row* row = find_row(said.code);
  if (row == nullptr && said.code.empty()) {
    const auto* const by_status = std::find_if(
        kByStatus.begin(), kByStatus.end(), [&](const auto& each) { return each.first == refused.status; });
    if (by_status != kByStatus.end()) row = find_row(by_status->second);
  }
  if (row != nullptr) return {row->exit, filled(row->what, refused), {}, filled(row->hint, refused), {}};
  const std::string why = said.code.empty() ? http_reason(refused.status)
                                            : said.code + (said.message.empty() ? "" : ": " + said.message);
  const bool theirs = refused.status >= 500 || refused.status == 429 || refused.status < 400;
  const bool mutely_400 = refused.status == 400 && said.code.empty();
  return {theirs ? Exit::network : Exit::failed,
          fmt::format("the store refused to {} {}: {} ({})", action_of(refused.method), refused.url, why,
                      refused.status),
          {},
          theirs       ? "run the same command again: what is done is kept"
          : mutely_400 ? "check the endpoint: a server that wants https:// answers http:// so"
                       : "",
          {}};
}

}  // namespace mlctl
