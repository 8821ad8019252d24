#pragma once
// A connection to an HTTP server, in the clear or through TLS, over plain sockets: the bytes of an object go
// from the caller's buffer to the kernel and back without a stop between. Every wait is bounded.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace mlctl::wire {

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
  double connect_timeout = 10;      // seconds to reach the peer, TLS included
  double idle_timeout = 60;         // seconds without a byte moved
  std::filesystem::path ca_file{};  // certificates to trust beside the system's
  bool verify = true;               // false: take any certificate (--insecure)
};

// The certificates to trust: read once (that takes milliseconds), shared by connections.
class Tls;
Result<std::shared_ptr<Tls>> make_tls(const Options& options);  // an unreadable CA file → 3

class Connection {
 public:
  // `proxy`, when not null: through it (CONNECT for TLS). Unreachable or refused → 9; no certificate to trust
  // → 9 naming the cause; too slow → 13.
  static Result<std::unique_ptr<Connection>> open(const Peer& peer, const Options& options, Tls* tls,
                                                  const Proxy* proxy);
  virtual ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Both, one after the other. Cut off → 9, stalled → 13.
  Result<> send(std::string_view head, std::string_view body);
  Result<size_t> receive(char* into, size_t size);  // 0: the peer closed
  // True when the peer has closed, or sent what nobody asked for: not to be used again.
  bool stale() const;
  const Peer& peer() const { return peer_; }

 private:
  struct Secure;
  Connection(Peer peer, const Options& options, int socket);
  Result<> tunnel(const Proxy& proxy);
  Result<> shake_hands(Tls& tls);
  Result<> wait(short events, double timeout, const char* what);
  Error error(std::string_view what, int number) const;

  Peer peer_;
  Options options_;
  int socket_;
  std::unique_ptr<Secure> secure_;
};

}  // namespace mlctl::wire
