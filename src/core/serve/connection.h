#pragma once
// One HTTP connection as a state machine: read a request, hand it over, write the answer, again. It knows
// neither threads nor epoll; the server calls it when the socket is ready and on every tick.

#include <memory>
#include <string>

#include "core/serve/request_reader.h"
#include "core/serve/stream.h"

namespace mlctl::serve {

class Connection {
 public:
  Connection(std::unique_ptr<Stream> stream, const HttpLimits& limits, double now)
      : stream_(std::move(stream)), reader_(limits), limits_(&limits), since_(now) {}

  enum class Next { wait_read, wait_write, wait_answer, request, close };

  // Moves what can be moved. `request`: take_request() and, now or later, answer(); then call advance again.
  Next advance(char* buffer, size_t size, double now);
  HttpRequest take_request();
  void answer(const HttpResponse& response, bool close_after, double now);
  // Enforces the deadlines; the same return value as advance.
  Next tick(double now);

  bool busy() const { return phase_ == Phase::answering || phase_ == Phase::writing || reading(); }
  int refused_status() const { return refused_; }  // the status of a request that never reached the handler

 private:
  enum class Phase { reading, answering, writing, lingering };

  bool reading() const { return phase_ == Phase::reading && reader_.state() != RequestReader::State::idle; }
  Next read_some(char* buffer, size_t size, double now);
  Next write_some(double now);
  Next linger(char* buffer, size_t size);
  bool consume(std::string_view bytes, double now);
  void refuse(int status, const std::string& message, double now);

  std::unique_ptr<Stream> stream_;
  RequestReader reader_;
  const HttpLimits* limits_;
  Phase phase_ = Phase::reading;
  double since_;       // when the phase, or while reading the request, began
  std::string early_;  // bytes that came after the request being answered
  std::string out_;
  size_t written_ = 0;
  bool keep_alive_ = true, head_only_ = false, close_after_ = false, continued_ = false;
  int refused_ = 0;
};

}  // namespace mlctl::serve
