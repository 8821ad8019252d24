#pragma once
// AWS Signature Version 4 (docs.aws.amazon.com, "Authenticating Requests (AWS Signature Version 4)"), as S3
// and its look-alikes take it, and as Google's XML API does in words of its own (service "storage"). For a
// store a key is encoded once and its path is never normalised; other services (STS, SSO) encode it once
// more.

#include <string>
#include <string_view>

#include "cloud/sign/request.h"

namespace mlctl {

inline constexpr const char* kUnsignedPayload = "UNSIGNED-PAYLOAD";

// Adds x-amz-date, x-amz-content-sha256 (stores only), x-amz-security-token (Google's: x-goog-…) and
// authorization. Every header of the request is signed but those that proxies rewrite. `payload_hash`:
// SHA-256 in hexadecimal, or kUnsignedPayload, or a STREAMING-… name. Returns the signature, the seed of a
// chunked body's.
std::string sign_v4(StoreRequest& request, const Credentials& credentials, const SigningScope& scope,
                    const std::string& payload_hash);

// Adds the X-Amz-… items, signature last, to the query. Only `host` and what else is in headers is signed.
void presign_v4(StoreRequest& request, const Credentials& credentials, const SigningScope& scope,
                int64_t expires_seconds, const std::string& payload_hash = kUnsignedPayload);

// The signatures of a body in chunks (aws-chunked). Each is computed from the one before, the first from
// the request's.
std::string chunk_signature_v4(const Credentials& credentials, const SigningScope& scope,
                               std::string_view previous, std::string_view chunk);
// `trailers`: "name:value\n" each.
std::string trailer_signature_v4(const Credentials& credentials, const SigningScope& scope,
                                 std::string_view previous, std::string_view trailers);

}  // namespace mlctl
