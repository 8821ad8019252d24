#pragma once
// A small HTTP/1.1 server: a few threads, each with its own epoll set over one listening socket. Requests go
// to a handler that answers now or later, from any thread.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/net/http.h"
#include "core/serve/request_reader.h"
#include "core/serve/stream.h"

namespace mlctl::serve {

// A bound, listening, non-blocking, close-on-exec socket; port 0 lets the system choose. In use → 6, not
// allowed → 4.
Result<int> listen_on(const std::string& host, int port);
// "127.0.0.1:8080" or "[::1]:8080" of a listening socket.
std::string socket_address(int fd);

class HttpServer {
 public:
  using Reply = std::function<void(HttpResponse)>;
  // Returns the answer, or nothing and calls the Reply once, from any thread.
  using Handler = std::function<std::optional<HttpResponse>(HttpRequest&&, Reply)>;

  struct Options {
    HttpLimits limits{};
    int threads = 2;
    std::shared_ptr<const TlsContext> tls{};    // null: in the clear
    std::function<void(int status)> refused{};  // a request that was answered before it reached the handler
  };

  // Takes the listening socket over.
  static Result<std::unique_ptr<HttpServer>> start(int listen_fd, Handler handler, Options options);
  ~HttpServer();  // closes everything
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Leaves the listening socket to others who accept on it: when this returns, no connection will be accepted
  // here any more.
  void stop_accepting();
  // Lets go of every connection without losing a request: what is in flight is answered, with "connection:
  // close"; idle connections go after `quiet` seconds. Unless stop_accepting() came before, new connections
  // are still answered during those, for clients that have not heard yet. False when `deadline` seconds did
  // not suffice.
  bool drain(double quiet, double deadline);
  int connections() const;

 private:
  struct Shared;
  class Loop;
  HttpServer();
  std::shared_ptr<Shared> shared_;
  std::vector<std::unique_ptr<Loop>> loops_;
};

}  // namespace mlctl::serve
