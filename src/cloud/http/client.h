#pragma once
// The HTTP client of endpoints, token services and metadata servers: whole requests, whole answers.

#include <memory>

#include "cloud/http/pool.h"
#include "core/net/http.h"

namespace mlctl::http {

struct ClientOptions {
  Options http{};
  bool keeps_connections = true;   // keeps connections open for the next request
  std::string unreachable_hint{};  // instead of advice about endpoints and proxies
};

// A client that uses the environment's proxies, except for the machine's own addresses (loopback, metadata
// servers): what is meant for those must not leave the machine.
std::unique_ptr<Http> make_client(ClientOptions options, sys::Env env);

}  // namespace mlctl::http
