#pragma once
// Which hosts are this machine or its own network, so that what is sent to them unencrypted stays there. A
// name counts only if nobody else can own it: "127.example.com" may be somebody's.

#include <string_view>

namespace mlctl {

// 127.0.0.0/8, ::1, either written as an address, or "localhost". Without brackets.
bool is_loopback(std::string_view host);

// 169.254.0.0/16 and fe80::/10, as an address: where clouds put their metadata servers.
bool is_link_local(std::string_view host);

}  // namespace mlctl
