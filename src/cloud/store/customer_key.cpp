#include "cloud/store/customer_key.h"

#include <fmt/format.h>

#include "core/base/base64.h"
#include "core/base/hash.h"
#include "core/base/strings.h"
#include "core/net/local_hosts.h"
#include "core/store/checksum.h"

namespace mlctl {

namespace {

constexpr size_t kKeyBytes = 32;  // of AES-256

}  // namespace

Result<HttpHeaders> customer_key_headers(const Service& service, const Url& endpoint, const std::string& text,
                                         const std::string& file) {
  if (service.scheme == "oss")
    return fail(Exit::usage, "--sse-c-key: OSS takes no keys of its customers", "use --sse KMS");
  if (endpoint.scheme != "https" && !is_loopback(endpoint.host))
    return fail(Exit::usage,
                fmt::format("--sse-c-key: anybody on the way to http://{} could read the key", endpoint.host),
                "use an https:// endpoint");
  const std::string key = text.size() == kKeyBytes ? text : base64_decode(trim(text));
  if (key.size() != kKeyBytes)
    return fail(Exit::usage,
                fmt::format("--sse-c-key {}: not a key, which is 32 bytes or their base64", file),
                "head -c 32 /dev/urandom > FILE makes one");
  if (service.scheme == "gs")
    return HttpHeaders{{"x-goog-encryption-algorithm", "AES256"},
                       {"x-goog-encryption-key", base64_encode(key)},
                       {"x-goog-encryption-key-sha256",
                        base64_encode(checksum_bytes({Checksum::Kind::none, sha256_hex(key)}))}};
  Summer md5(Checksum::Kind::md5);
  md5.update(key);
  const std::string prefix = service.header_prefix + "server-side-encryption-customer-";
  return HttpHeaders{{prefix + "algorithm", "AES256"},
                     {prefix + "key", base64_encode(key)},
                     {prefix + "key-md5", base64_encode(checksum_bytes(md5.finish()))}};
}

}  // namespace mlctl
