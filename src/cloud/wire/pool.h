#pragma once
// Connections kept open for the next request. Safe to use from many threads.

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "cloud/wire/connection.h"
#include "cloud/wire/exchange.h"
#include "core/sys/env.h"

namespace mlctl::wire {

// The proxy a peer is reached through, as curl reads the environment: HTTPS_PROXY, http_proxy (lower case
// only: CVE-2016-5385), ALL_PROXY, and NO_PROXY ("*", a host, ".domain"). Malformed → 2.
Result<std::unique_ptr<Proxy>> proxy_for(const sys::Env& env, const Peer& peer);

class Pool {
 public:
  Pool(Options options, sys::Env env) : options_(std::move(options)), env_(std::move(env)) {}

  // Sends on a kept connection, or a new one. A kept one that turns out closed before any answer is replaced,
  // once: the server never saw the request.
  Result<Response> send(const Peer& peer, Request request, const Sink* sink);

 private:
  struct Route {
    Peer peer;
    std::vector<std::unique_ptr<Connection>> idle;
  };

  Result<Tls*> tls();
  std::unique_ptr<Connection> take_idle(const Peer& peer);
  void keep(std::unique_ptr<Connection> connection);
  Route& route(const Peer& peer);  // under the lock

  Options options_;
  sys::Env env_;
  std::mutex mutex_;
  std::shared_ptr<Tls> tls_;
  std::vector<Route> routes_;
};

}  // namespace mlctl::wire
