#pragma once

#include <string>
#include <string_view>

namespace mlctl {

std::string base64_encode(std::string_view bytes);  // RFC 4648 §4, padded
std::string base64_decode(std::string_view text);   // "" when it is none

}  // namespace mlctl
