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
#include "core/http/http_limits.h"
#include "core/http/stream.h"
#include "core/net/http.h"

namespace mlctl::serve {

// A bound, listening, non-blocking, close-on-exec socket; port 0 lets the system choose. In use → 6, not
// allowed → 4.
Result<int> listen_on(const std::string& host, int port);
// "127.0.0.1:8080" or "[::1]:8080" of a listening socket.
std::string socket_address(int fd);
// Whether only this machine reaches it.
bool is_local(int fd);

class EventLoop;
struct ServerState;

class HttpServer {
 public:
  using Reply = std::function<void(HttpResponse)>;
  // Returns the answer, or nothing and calls the Reply once, from any thread.
  using Handler = std::function<std::optional<HttpResponse>(HttpRequest&&, Reply)>;

  // Looks at the head of a request whose body has not been read; an answer refuses it unread.
  using Doorman = std::function<std::optional<HttpResponse>(const HttpRequest& head)>;

  struct Options {
    HttpLimits limits{};
    int threads = 2;
    std::shared_ptr<const TlsContext> tls{};    // null: in the clear
    Doorman admit{};                            // none: everybody is let in
    std::function<void(int status)> refused{};  // a request that was answered before it reached the handler
    // What an operator should know; called from any thread.
    std::function<void(const std::string&)> trouble{};
  };

  // Takes the listening socket over. No threads to be had → 12.
  static Result<std::unique_ptr<HttpServer>> start(int listen_fd, Handler handler, Options options);
  ~HttpServer();  // closes everything
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Leaves the listening socket to others who accept on it: when this returns, no connection will be accepted
  // here any more.
  void stop_accepting();
  // Closes every connection without losing a request: requests in flight are answered, with "connection:
  // close"; idle connections are closed after `quiet` seconds. Unless stop_accepting() came before, new
  // connections are still answered during that time, for clients that do not know yet. False when
  // `deadline` seconds did not suffice.
  bool drain(double quiet, double deadline);
  int connections() const;

 private:
  HttpServer();
  std::shared_ptr<ServerState> shared_;
  std::vector<std::unique_ptr<EventLoop>> loops_;
};

}  // namespace mlctl::serve
