#include "core/serve/connection.h"

#include <nlohmann/json.hpp>

namespace mlctl::serve {

namespace {
constexpr double kLingerSeconds = 2;
}

Connection::Next Connection::advance(char* buffer, size_t size, double now) {
  for (;;) {
    switch (phase_) {
      case Phase::answering:
        return Next::wait_answer;
      case Phase::lingering:
        return linger(buffer, size);
      case Phase::writing: {
        const Next next = write_some(now);
        if (phase_ == Phase::writing || next == Next::close) return next;
        break;
      }
      case Phase::reading: {
        const Next next = read_some(buffer, size, now);
        if (phase_ == Phase::reading) return next;
        break;
      }
    }
  }
}

// Feeds the reader; true while it wants more bytes.
bool Connection::consume(std::string_view bytes, double now) {
  if (reader_.state() == RequestReader::State::idle) since_ = now;
  const size_t taken = reader_.feed(bytes);
  if (reader_.state() == RequestReader::State::failed) {
    refuse(reader_.error_status(), reader_.error(), now);
    return false;
  }
  if (reader_.state() == RequestReader::State::done) {
    early_.assign(bytes.substr(taken));
    return false;
  }
  return true;
}

Connection::Next Connection::read_some(char* buffer, size_t size, double now) {
  if (!early_.empty()) {
    const std::string early = std::exchange(early_, {});
    consume(early, now);
  }
  while (phase_ == Phase::reading && reader_.state() != RequestReader::State::done) {
    if (reader_.wants_continue() && reader_.state() == RequestReader::State::body && !continued_) {
      continued_ = true;
      stream_->write("HTTP/1.1 100 Continue\r\n\r\n");  // 25 bytes into an empty socket buffer
    }
    const Stream::Transfer got = stream_->read(buffer, size);
    if (got.status == Stream::Status::want_read) return Next::wait_read;
    if (got.status == Stream::Status::want_write) return Next::wait_write;
    if (got.status == Stream::Status::closed) return Next::close;
    consume({buffer, got.bytes}, now);
  }
  return phase_ == Phase::reading ? Next::request : Next::wait_write;
}

HttpRequest Connection::take_request() {
  HttpRequest request = reader_.take();
  keep_alive_ = request.keep_alive;
  head_only_ = request.method == "HEAD";
  continued_ = false;
  phase_ = Phase::answering;
  return request;
}

void Connection::answer(const HttpResponse& response, bool close_after, double now) {
  close_after_ = close_after || !keep_alive_;
  out_ = serialize(response, !close_after_, head_only_);
  written_ = 0;
  phase_ = Phase::writing;
  since_ = now;
}

void Connection::refuse(int status, const std::string& message, double now) {
  refused_ = status;
  head_only_ = false;
  answer({status, "application/json", nlohmann::json{{"error", message}}.dump()}, true, now);
}

Connection::Next Connection::write_some(double now) {
  while (written_ < out_.size()) {
    const Stream::Transfer sent = stream_->write(std::string_view(out_).substr(written_));
    if (sent.status == Stream::Status::want_write) return Next::wait_write;
    if (sent.status == Stream::Status::want_read) return Next::wait_read;
    if (sent.status == Stream::Status::closed) return Next::close;
    written_ += sent.bytes;
  }
  out_.clear();
  since_ = now;
  phase_ = Phase::reading;
  if (close_after_) {
    // Closing with unread input would reset the connection and could destroy the answer on its way.
    stream_->end_writes();
    phase_ = Phase::lingering;
  }
  return Next::wait_read;
}

Connection::Next Connection::linger(char* buffer, size_t size) {
  for (;;) {
    const Stream::Transfer got = stream_->read(buffer, size);
    if (got.status == Stream::Status::closed) return Next::close;
    if (got.status != Stream::Status::done) return Next::wait_read;
  }
}

Connection::Next Connection::tick(double now) {
  const double age = now - since_;
  switch (phase_) {
    case Phase::answering:
      return Next::wait_answer;
    case Phase::lingering:
      return age > kLingerSeconds ? Next::close : Next::wait_read;
    case Phase::writing:
      return age > limits_->write_seconds ? Next::close : Next::wait_write;
    case Phase::reading:
      break;
  }
  const RequestReader::State state = reader_.state();
  if (state == RequestReader::State::idle) return age > limits_->idle_seconds ? Next::close : Next::wait_read;
  const bool late =
      age > limits_->request_seconds || (state == RequestReader::State::head && age > limits_->head_seconds);
  if (!late) return Next::wait_read;
  refuse(408, "the request took too long to arrive", now);
  return Next::wait_write;
}

}  // namespace mlctl::serve
