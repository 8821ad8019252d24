#pragma once
// One HTTP/1.1 request and its response on a connection (RFC 9112).

#include <functional>
#include <string>
#include <string_view>

#include "cloud/http/connection.h"
#include "core/net/http.h"

namespace mlctl::http {

using TakeBytes = std::function<Result<>(std::string_view)>;

struct Request {
  std::string method;
  std::string target;         // path and query as they go on the wire; through a plain proxy the whole URL
  HttpHeaders headers;        // with host; content-length is added
  std::string_view body{};    // must outlive the call
  bool expects_body = false;  // a body is announced even where it is empty (PUT, POST)
  // A body too large to hold: exactly `produced_size` bytes, in pieces, instead of `body`.
  const std::function<Result<>(const TakeBytes&)>* produce = nullptr;
  uint64_t produced_size = 0;
  double timeout = 0;   // seconds for the whole exchange, connecting included; 0: none
  bool direct = false;  // through no proxy
};

struct Response {
  int status = 0;
  HttpHeaders headers;
  std::string body;   // what the sink did not take
  bool keep = false;  // the connection may carry another request
};

// Receives the body of a 2xx response as it comes.
struct Sink {
  // Sees status and headers before the first byte; may be null.
  std::function<Result<>(const Response&)> begin{};
  TakeBytes take;
};

struct Progress {
  bool answered = false;  // at least one byte of a response came: the server saw the request
};

// Sends a request and reads its response. A body that no sink takes is kept, up to Options::max_body. A
// body shorter than announced, or a malformed response → 9; errors of the connection keep their codes.
Result<Response> exchange(Connection& connection, const Request& request, const Sink* sink,
                          Progress& progress);

// Asks to switch to another protocol on the connection (RFC 9110 §7.8). With 101, the bytes after the
// answer's head belong to that protocol; `rest` holds those that came already. Any other answer is
// complete, and a refusal.
struct Upgrade {
  Response response;
  std::string rest;
};
Result<Upgrade> upgrade(Connection& connection, const Request& request);

}  // namespace mlctl::http
