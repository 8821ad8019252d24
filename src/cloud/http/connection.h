#pragma once
// A connection to an HTTP server, unencrypted or through TLS, over plain sockets: an object's bytes go
// directly between the caller's buffer and the kernel. Every wait has a limit.

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "cloud/http/tls.h"
#include "core/base/result.h"
#include "core/sys/stop.h"

namespace mlctl::http {

struct Peer {
  bool tls = false;
  std::string host;  // without brackets
  std::string port;
  bool operator==(const Peer&) const = default;
};

struct Proxy {
  Peer peer;
  std::string authorization;  // "Basic …", or ""
};

struct Options {
  double connect_timeout = 10;        // seconds to reach the peer, TLS included
  double idle_timeout = 60;           // seconds without a byte moved
  size_t max_body = size_t{4} << 20;  // of answers that no sink takes
  TlsOptions tls{};
  const sys::StopFlag* stop = nullptr;  // raised: every wait ends with its code
};

// The time limit of one whole exchange.
struct Deadline {
  std::chrono::steady_clock::time_point at;
  double seconds;  // as it was given, for messages
};
std::optional<Deadline> deadline_in(double seconds);  // 0: none

class Connection {
 public:
  // Connects, through `proxy` when it is not null (by CONNECT for TLS). Unreachable or refused → 9; a
  // certificate that is not trusted → 9 naming the cause; too slow → 13.
  static Result<std::unique_ptr<Connection>> open(const Peer& peer, const Options& options, Tls* tls,
                                                  const Proxy* proxy,
                                                  const std::optional<Deadline>& deadline = {});
  virtual ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Sets the deadline of everything that follows, until the next call.
  void bound(const std::optional<Deadline>& deadline) { deadline_ = deadline; }
  // Sends head and body. Cut off → 9; stalled, or past the deadline → 13.
  Result<> send(std::string_view head, std::string_view body);
  Result<size_t> receive(char* into, size_t size);  // 0: the peer closed
  // True when the peer has closed the connection, or sent something unasked: it can't be used again.
  bool stale() const;
  const Peer& peer() const { return peer_; }
  const Options& options() const { return options_; }

 private:
  struct Secure;
  Connection(Peer peer, const Options& options, int socket);
  Result<> tunnel(const Proxy& proxy);
  Result<> shake_hands(Tls& tls);
  Result<> wait(short events, double timeout, const char* what);
  Error error(std::string_view what, int number) const;

  Peer peer_;
  Options options_;
  std::optional<Deadline> deadline_;
  int socket_;
  std::unique_ptr<Secure> secure_;
};

}  // namespace mlctl::http
