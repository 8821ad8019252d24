#pragma once
// HTTP/1.1 requests out of a byte stream (RFC 9112), strict where laxness lets a request be smuggled past a
// proxy: one framing, no folded headers, no bare line feeds.

#include <string>
#include <string_view>

#include "core/http/http_limits.h"
#include "core/net/http.h"

namespace mlctl::serve {

class RequestReader {
 public:
  explicit RequestReader(const HttpLimits& limits) : limits_(&limits) {}

  enum class State { idle, head, awaiting, body, done, failed };

  // Takes bytes up to the end of the request, or of its head when a body follows (`awaiting`: it is read only
  // after proceed()); returns how many were taken.
  size_t feed(std::string_view bytes);
  void proceed();

  State state() const { return state_; }
  int error_status() const { return error_status_; }  // failed: 400, 413, 417, 431, 501 or 505
  const std::string& error() const { return error_; }
  // "Expect: 100-continue", while the body is awaited
  bool wants_continue() const { return wants_continue_; }
  const HttpRequest& request() const { return request_; }  // from `awaiting` on, its head
  HttpRequest take();                                      // done: the request; the reader starts over

 private:
  size_t feed_head(std::string_view bytes);
  size_t feed_body(std::string_view bytes);
  size_t feed_chunked(std::string_view bytes);
  void append_body(std::string_view bytes);
  void chunk_line();
  void parse_head();
  bool parse_request_line(std::string_view line);
  bool parse_header(std::string_view line);
  bool choose_framing();
  bool set_error(int status, std::string message);

  enum class Chunk { size, data, data_end, trailer };

  const HttpLimits* limits_;
  State state_ = State::idle;
  HttpRequest request_;
  std::string head_;
  bool wants_continue_ = false, chunked_ = false, old_version_ = false;
  size_t blank_bytes_ = 0;  // before the request line
  size_t body_left_ = 0;
  Chunk chunk_ = Chunk::size;
  std::string line_;
  size_t line_bytes_ = 0;  // of all chunk headers and trailers
  int error_status_ = 0;
  std::string error_;
};

std::string serialize(const HttpResponse& response, bool keep_alive, bool head_only);

}  // namespace mlctl::serve
