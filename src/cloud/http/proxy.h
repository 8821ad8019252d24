#pragma once
// The proxies of the environment.

#include <memory>

#include "cloud/http/connection.h"
#include "core/sys/env.h"

namespace mlctl::http {

// The proxy a peer is reached through, as curl reads the environment: HTTPS_PROXY, http_proxy (lower case
// only: CVE-2016-5385), ALL_PROXY, and NO_PROXY ("*", a host, ".domain"); null for none. Malformed → 2.
Result<std::unique_ptr<Proxy>> proxy_for(const sys::Env& env, const Peer& peer);

}  // namespace mlctl::http
