#include "cloud/wire/pool.h"

#include <algorithm>
#include <initializer_list>

#include <fmt/format.h>

#include "core/base/base64.h"
#include "core/base/strings.h"

namespace mlctl::wire {

namespace {

// "example.com" takes its subdomains too, as does ".example.com".
bool is_exempt(const std::string& list, const std::string& host) {
  for (const std::string& entry : split(list, ',')) {
    const std::string name = to_lower(trim(entry));
    if (name.empty()) continue;
    if (name == "*" || name == host) return true;
    const std::string domain = name.front() == '.' ? name : "." + name;
    if (host.ends_with(domain) || "." + host == domain) return true;
  }
  return false;
}

// "http://user:secret@host:3128", the scheme and the user being optional.
Result<Proxy> parse_proxy(std::string text) {
  if (text.find("://") == std::string::npos) text = "http://" + text;
  Proxy proxy;
  if (const size_t at = text.rfind('@'); at != std::string::npos) {
    const size_t begin = text.find("://") + 3;
    const std::string user = TRY(percent_decode(text.substr(begin, at - begin)));
    proxy.authorization = "Basic " + base64_encode(user);
    text.erase(begin, at + 1 - begin);
  }
  const Result<Url> url = parse_url(text);
  if (!url || url->scheme != "http") {
    return fail(Exit::usage, fmt::format("the proxy {} is not an http:// URL", text),
                "check HTTP_PROXY, HTTPS_PROXY and ALL_PROXY");
  }
  proxy.peer = {false, url->host, url->port};
  return proxy;
}

}  // namespace

Result<std::unique_ptr<Proxy>> proxy_for(const sys::Env& env, const Peer& peer) {
  // In a CGI program HTTP_PROXY is a header of whoever asks (httpoxy.org).
  const bool theirs = !peer.tls && env.get("REQUEST_METHOD");
  const std::string named = peer.tls ? env.first_of({"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"})
                            : theirs ? env.first_of({"http_proxy", "all_proxy", "ALL_PROXY"})
                                     : env.first_of({"http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"});
  if (named.empty() || is_exempt(env.first_of({"no_proxy", "NO_PROXY"}), to_lower(peer.host)))
    return std::unique_ptr<Proxy>();
  return std::make_unique<Proxy>(TRY(parse_proxy(named)));
}

Pool::Route& Pool::route(const Peer& peer) {
  const auto found =
      std::find_if(routes_.begin(), routes_.end(), [&](const Route& each) { return each.peer == peer; });
  if (found != routes_.end()) return *found;
  return routes_.emplace_back(Route{peer, {}});
}

Result<Tls*> Pool::tls() {
  const std::lock_guard hold(mutex_);
  if (!tls_) tls_ = TRY(make_tls(options_));
  return tls_.get();
}

std::unique_ptr<Connection> Pool::take_idle(const Peer& peer) {
  const std::lock_guard hold(mutex_);
  auto& idle = route(peer).idle;
  while (!idle.empty()) {
    std::unique_ptr<Connection> connection = std::move(idle.back());
    idle.pop_back();
    if (!connection->stale()) return connection;
  }
  return nullptr;
}

void Pool::keep(std::unique_ptr<Connection> connection) {
  const std::lock_guard hold(mutex_);
  route(connection->peer()).idle.push_back(std::move(connection));
}

Result<Response> Pool::send(const Peer& peer, Request request, const Sink* sink) {
  const std::unique_ptr<Proxy> proxy = TRY(proxy_for(env_, peer));
  if (proxy && !peer.tls) {
    request.target = fmt::format("http://{}{}", header(request.headers, "host"), request.target);
    if (!proxy->authorization.empty())
      request.headers.emplace_back("proxy-authorization", proxy->authorization);
  }
  std::unique_ptr<Connection> connection = take_idle(peer);
  for (bool kept = connection != nullptr;; kept = false) {
    if (!connection) {
      Tls* const trusted = peer.tls ? TRY(tls()) : nullptr;
      connection = TRY(Connection::open(peer, options_, trusted, proxy.get()));
    }
    Progress progress;
    Result<Response> response = exchange(*connection, request, sink, progress);
    if (response && response->keep) keep(std::move(connection));
    if (response || !kept || progress.answered || response.error().code != Exit::network) return response;
    connection.reset();
  }
}

}  // namespace mlctl::wire
