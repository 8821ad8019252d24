#pragma once
// One HTTP/1.1 request and its response on a connection (RFC 9112).

#include <functional>
#include <string>
#include <string_view>

#include "cloud/wire/connection.h"
#include "core/net/http.h"

namespace mlctl::wire {

struct Request {
  std::string method;
  std::string target;         // path and query as they go on the wire; through a plain proxy the whole URL
  HttpHeaders headers;        // with host; content-length is added
  std::string_view body{};    // must outlive the call
  bool expects_body = false;  // a body is announced even where it is empty (PUT, POST)
};

struct Response {
  int status = 0;
  HttpHeaders headers;
  std::string body;   // what the sink did not take
  bool keep = false;  // the connection may carry another request
};

using TakeBytes = std::function<Result<>(std::string_view)>;

struct Progress {
  bool answered = false;  // at least one byte of a response came: the server saw the request
};

// `sink`, when not null, receives the body of a 2xx response as it comes; other bodies are kept, up to 4 MiB.
// A body shorter than announced, or a malformed response → 9; `Exit` codes of the connection pass through.
Result<Response> exchange(Connection& connection, const Request& request, const TakeBytes* sink,
                          Progress& progress);

}  // namespace mlctl::wire
