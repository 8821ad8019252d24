#pragma once
// URLs carry secrets: signatures of links made for others, keys' names, a password before the host. None of
// them may stand in a record, a log or a message.

#include <string>
#include <string_view>

namespace mlctl {

// Whether a query parameter of that name lets in whoever has its value: X-Amz-Signature, OSSAccessKeyId, sig,
// …
bool is_secret_parameter(std::string_view name);

// A text with such values, and what stands between "://" and "@", as "…".
std::string without_secrets(std::string text);

}  // namespace mlctl
