#pragma once
// One HTTP connection as a state machine: read a request, hand it over, write the answer, again. It knows
// neither threads nor epoll; the server calls it when the socket is ready and on every tick.

#include <memory>
#include <string>

#include "core/base/budget.h"
#include "core/http/request_reader.h"
#include "core/http/stream.h"

namespace mlctl::serve {

class Connection {
 public:
  // `held`: the budget for the bodies and answers of all connections.
  Connection(std::unique_ptr<Stream> stream, const HttpLimits& limits, Budget& held, double now)
      : stream_(std::move(stream)), reader_(limits), limits_(&limits), held_(&held), since_(now) {}

  // `again`: there is more to do at once, but this connection has used up its share of the turn.
  enum class Next { wait_read, wait_write, wait_answer, again, head, request, close };

  // Moves what can be moved. `head`: a request with a body was announced; look at head(), then proceed() or
  // reject(). `request`: take_request() and, now or later, answer(). After either, call advance again.
  Next advance(char* buffer, size_t size, double now);
  const HttpRequest& head() const { return reader_.request(); }
  void proceed() { reader_.proceed(); }
  // Answers without reading the body, and ends the connection.
  void reject(const HttpResponse& response, double now);
  // The request, with the share of the budget that its body takes.
  std::pair<HttpRequest, Budget::Share> take_request();
  void answer(const HttpResponse& response, bool close_after, double now);
  // Enforces the deadlines; the same return value as advance.
  Next tick(double now);

  bool busy() const { return phase_ == Phase::answering || phase_ == Phase::writing || reading(); }
  // When the connection last began or finished a request or an answer; blank lines and discarded bytes do
  // not count.
  double since() const { return since_; }
  int refused_status() const { return refused_; }  // the status of a request that never reached the handler

 private:
  enum class Phase { reading, answering, writing, lingering };

  bool reading() const { return phase_ == Phase::reading && reader_.state() != RequestReader::State::idle; }
  Next read_some(char* buffer, size_t size, double now);
  Next write_some(double now);
  Next linger(char* buffer, size_t size);
  bool has_early() const { return early_at_ < early_.size(); }
  bool hold(Budget::Share& share, size_t bytes) const;
  void consume_early(double now);
  size_t consume(std::string_view bytes, double now);
  void refuse(int status, const std::string& message, double now);

  std::unique_ptr<Stream> stream_;
  RequestReader reader_;
  const HttpLimits* limits_;
  Budget* held_;
  Phase phase_ = Phase::reading;
  double since_;       // when the phase, or while reading the request, began
  std::string early_;  // bytes that came after the request being answered, from early_at_ on
  size_t early_at_ = 0;
  Budget::Share body_, answer_;
  std::string out_;
  size_t written_ = 0;
  bool keep_alive_ = true, head_only_ = false, close_after_ = false, continued_ = false;
  bool unread_body_ = false;
  int refused_ = 0;
};

}  // namespace mlctl::serve
