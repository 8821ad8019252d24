#pragma once
// Connections kept open for the next request.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cloud/http/connection.h"
#include "cloud/http/exchange.h"
#include "core/base/mutex.h"
#include "core/sys/env.h"

namespace mlctl::http {

// Carries requests: a pool of connections, or a script in tests. Safe to use from many threads.
class Transport {
 public:
  virtual ~Transport() = default;
  virtual Result<Response> send(const Peer& peer, Request request, const Sink* sink) = 0;
};

// The answer, and the connection that speaks the new protocol; null where the server refused.
struct Upgraded {
  Upgrade answer;
  std::unique_ptr<Connection> connection;
};

class Pool : public Transport {
 public:
  Pool(Options options, sys::Env env) : options_(std::move(options)), env_(std::move(env)) {}

  // Sends on a kept connection or a new one, through the environment's proxies. If a kept one turns out to
  // be closed before any answer, a new one is used, once: the server never saw the request.
  Result<Response> send(const Peer& peer, Request request, const Sink* sink) override;
  // On a connection of its own, whose waits have no deadline from then on.
  Result<Upgraded> upgrade(const Peer& peer, Request request);

 private:
  struct Route {
    Peer peer;
    std::vector<std::unique_ptr<Connection>> idle;
  };

  Result<Tls*> tls();
  Result<std::unique_ptr<Proxy>> route_request(const Peer& peer, Request& request) const;
  Result<std::unique_ptr<Connection>> connect(const Peer& peer, const Proxy* proxy,
                                              const std::optional<Deadline>& deadline);
  std::unique_ptr<Connection> take_idle(const Peer& peer);
  void keep(std::unique_ptr<Connection> connection);
  Route& route(const Peer& peer) MLCTL_REQUIRES(mutex_);

  Options options_;
  sys::Env env_;
  Mutex mutex_;
  std::shared_ptr<Tls> tls_ MLCTL_GUARDED_BY(mutex_);
  std::vector<Route> routes_ MLCTL_GUARDED_BY(mutex_);
};

}  // namespace mlctl::http
