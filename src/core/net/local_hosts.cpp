#include "core/net/local_hosts.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "core/base/strings.h"

namespace mlctl {

namespace {

using Bytes = std::array<uint8_t, 16>;

// The address that a text is, as IPv6; an IPv4 one is mapped (::ffff:127.0.0.1).
std::optional<Bytes> address_of(std::string_view host) {
  const std::string text(host);
  Bytes bytes{};
  if (::inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1) return bytes;
  if (::inet_pton(AF_INET, text.c_str(), bytes.data() + 12) != 1) return std::nullopt;
  bytes[10] = bytes[11] = 0xff;
  return bytes;
}

bool is_mapped(const Bytes& bytes) {
  for (size_t at = 0; at < 10; ++at) {
    if (bytes[at] != 0) return false;
  }
  return bytes[10] == 0xff && bytes[11] == 0xff;
}

}  // namespace

bool is_loopback(std::string_view host) {
  if (to_lower(host) == "localhost") return true;
  const std::optional<Bytes> bytes = address_of(host);
  if (!bytes) return false;
  constexpr Bytes kLoopback6 = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  return *bytes == kLoopback6 || (is_mapped(*bytes) && (*bytes)[12] == 127);
}

bool is_link_local(std::string_view host) {
  const std::optional<Bytes> bytes = address_of(host);
  if (!bytes) return false;
  if (is_mapped(*bytes)) return (*bytes)[12] == 169 && (*bytes)[13] == 254;
  return (*bytes)[0] == 0xfe && ((*bytes)[1] & 0xc0) == 0x80;
}

}  // namespace mlctl
