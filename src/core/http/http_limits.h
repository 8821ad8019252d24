#pragma once
// What callers of the inference server may ask of it. Each limit is far above honest use; a request past
// one is answered with a status and a sentence that names the limit.

#include <cstddef>

#include "core/base/limits.h"

namespace mlctl::serve {

struct HttpLimits {
  size_t head_bytes = limits::kHttpHeadBytes;  // past it 431
  size_t body_bytes = limits::kHttpBodyBytes;  // past it 413
  size_t bytes_held = limits::kHttpBytesHeld;  // bodies and answers of all connections; past it 503
  // So many of each connection are not counted: small requests always fit.
  size_t bytes_free = size_t{64} << 10;
  size_t framing_bytes = limits::kHttpFramingBytes;  // chunks' heads and trailers, beside the body; else 400
  size_t blank_bytes = 8;                            // line ends before a request line; past it 400
  double head_seconds = 5;                 // from a request's first byte to the end of its head, else 408
  double request_seconds = 30;             // … to the end of its body, else 408
  double idle_seconds = 60;                // a kept-alive connection without a request is closed
  double idle_for_certain_seconds = 0.25;  // … or after this time, when new connections need the room
  double write_seconds = 30;               // a client that does not read its answer is dropped
  double linger_seconds = 2;               // for the peer to take the last answer and close
  size_t connections = limits::kHttpConnections;  // more are answered 503
  // One connection's share of a turn of the event loop; then the others have theirs.
  size_t turn_bytes = size_t{256} << 10;
  int turn_requests = 16;
  int turn_accepts = 64;
};

}  // namespace mlctl::serve
