#pragma once
// URLs carry secrets: signatures of presigned links, key ids, a password before the host. None of them may
// appear in a record, a log or a message.

#include <string>
#include <string_view>

namespace mlctl {

// Whether the value of this query parameter gives access to whoever knows it: X-Amz-Signature,
// OSSAccessKeyId, sig, …
bool is_secret_parameter(std::string_view name);

// The text with "…" in place of such values and of what stands between "://" and "@".
std::string without_secrets(std::string text);

}  // namespace mlctl
