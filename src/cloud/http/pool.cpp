#include "cloud/http/pool.h"

#include <algorithm>

#include <fmt/format.h>

#include "cloud/http/proxy.h"

namespace mlctl::http {

Pool::Route& Pool::route(const Peer& peer) {
  const auto found =
      std::find_if(routes_.begin(), routes_.end(), [&](const Route& each) { return each.peer == peer; });
  if (found != routes_.end()) return *found;
  return routes_.emplace_back(Route{peer, {}});
}

Result<Tls*> Pool::tls() {
  const Hold hold(mutex_);
  if (!tls_) tls_ = TRY(Tls::make(options_.tls));
  return tls_.get();
}

std::unique_ptr<Connection> Pool::take_idle(const Peer& peer) {
  const Hold hold(mutex_);
  auto& idle = route(peer).idle;
  while (!idle.empty()) {
    std::unique_ptr<Connection> connection = std::move(idle.back());
    idle.pop_back();
    if (!connection->stale()) return connection;
  }
  return nullptr;
}

void Pool::keep(std::unique_ptr<Connection> connection) {
  const Hold hold(mutex_);
  route(connection->peer()).idle.push_back(std::move(connection));
}

Result<std::unique_ptr<Connection>> Pool::connect(const Peer& peer, const Proxy* proxy,
                                                  const std::optional<Deadline>& deadline) {
  Tls* const trusted = peer.tls ? TRY(tls()) : nullptr;
  return Connection::open(peer, options_, trusted, proxy, deadline);
}

// Finds the proxy. For plain HTTP through a proxy, the request itself names the whole URL and carries the
// proxy's credentials.
Result<std::unique_ptr<Proxy>> Pool::route_request(const Peer& peer, Request& request) const {
  if (request.direct) return std::unique_ptr<Proxy>();
  std::unique_ptr<Proxy> proxy = TRY(proxy_for(env_, peer));
  if (!proxy || peer.tls) return proxy;
  request.target = fmt::format("http://{}{}", header(request.headers, "host"), request.target);
  if (!proxy->authorization.empty())
    request.headers.emplace_back("proxy-authorization", proxy->authorization);
  return proxy;
}

Result<Response> Pool::send(const Peer& peer, Request request, const Sink* sink) {
  const std::unique_ptr<Proxy> proxy = TRY(route_request(peer, request));
  const std::optional<Deadline> deadline = deadline_in(request.timeout);
  std::unique_ptr<Connection> connection = take_idle(peer);
  for (bool kept = connection != nullptr;; kept = false) {
    if (!connection) connection = TRY(connect(peer, proxy.get(), deadline));
    connection->bound(deadline);
    Progress progress;
    Result<Response> response = exchange(*connection, request, sink, progress);
    if (response && response->keep) keep(std::move(connection));
    if (response || !kept || progress.answered || response.error().code != Exit::network) return response;
    connection.reset();
  }
}

Result<Upgraded> Pool::upgrade(const Peer& peer, Request request) {
  const std::unique_ptr<Proxy> proxy = TRY(route_request(peer, request));
  const std::optional<Deadline> deadline = deadline_in(request.timeout);
  std::unique_ptr<Connection> connection = TRY(connect(peer, proxy.get(), deadline));
  Upgrade answer = TRY(http::upgrade(*connection, request));
  connection->bound({});
  if (answer.response.status != 101) connection.reset();
  return Upgraded{std::move(answer), std::move(connection)};
}

}  // namespace mlctl::http
