#include "core/http/connection.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/http/error_response.h"

namespace mlctl::serve {

using State = RequestReader::State;

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

bool Connection::hold(Budget::Share& share, size_t bytes) const {
  if (bytes <= limits_->bytes_free) return true;
  if (share.bytes() == 0) share = held_->share();
  return share.resize(bytes);
}

// Feeds the reader; returns how many bytes it took.
size_t Connection::consume(std::string_view bytes, double now) {
  const bool was_idle = reader_.state() == State::idle;
  if (reader_.state() == State::body && !hold(body_, reader_.request().body.size() + bytes.size())) {
    refuse(503,
           fmt::format("the requests being read hold {} already, which is the limit",
                       human_bytes(held_->whole())),
           now);
    return bytes.size();
  }
  const size_t taken = reader_.feed(bytes);
  if (was_idle && reader_.state() != State::idle) since_ = now;
  if (reader_.state() == State::failed) refuse(reader_.error_status(), reader_.error(), now);
  return taken;
}

void Connection::consume_early(double now) {
  early_at_ += consume(std::string_view(early_).substr(early_at_), now);
  if (has_early()) return;
  early_.clear();
  early_at_ = 0;
}

Connection::Next Connection::read_some(char* buffer, size_t size, double now) {
  for (size_t moved = 0; phase_ == Phase::reading && reader_.state() != State::done;) {
    if (reader_.state() == State::awaiting) return Next::head;
    if (has_early()) {
      consume_early(now);
      continue;
    }
    if (moved >= limits_->turn_bytes) return Next::again;
    if (reader_.wants_continue() && reader_.state() == State::body && !continued_) {
      continued_ = true;
      stream_->write("HTTP/1.1 100 Continue\r\n\r\n");  // 25 bytes into an empty socket buffer
    }
    const Stream::Transfer got = stream_->read(buffer, size);
    if (got.status == Stream::Status::want_read) return Next::wait_read;
    if (got.status == Stream::Status::want_write) return Next::wait_write;
    if (got.status == Stream::Status::closed) return Next::close;
    moved += got.bytes;
    const size_t taken = consume({buffer, got.bytes}, now);
    if (phase_ == Phase::reading) early_.assign(buffer + taken, got.bytes - taken);
  }
  return phase_ == Phase::reading ? Next::request : Next::wait_write;
}

std::pair<HttpRequest, Budget::Share> Connection::take_request() {
  HttpRequest request = reader_.take();
  keep_alive_ = request.keep_alive;
  head_only_ = request.method == "HEAD";
  continued_ = false;
  phase_ = Phase::answering;
  return {std::move(request), std::exchange(body_, {})};
}

void Connection::answer(const HttpResponse& response, bool close_after, double now) {
  close_after_ = close_after || !keep_alive_;
  if (hold(answer_, response.body.size())) {
    out_ = serialize(response, !close_after_, head_only_);
  } else {
    out_ =
        serialize(error_response(
                      503, fmt::format("the answers that wait to be read hold {} already, which is the limit",
                                       human_bytes(held_->whole()))),
                  !close_after_, head_only_);
  }
  written_ = 0;
  phase_ = Phase::writing;
  since_ = now;
}

void Connection::reject(const HttpResponse& response, double now) {
  // Many clients send all of their body before they look at the answer.
  unread_body_ =
      reader_.state() == State::awaiting || reader_.state() == State::body || response.status == 413;
  head_only_ = false;
  early_ = {};
  body_ = {};
  answer(response, true, now);
}

void Connection::refuse(int status, const std::string& message, double now) {
  refused_ = status;
  reject(error_response(status, message), now);
}

Connection::Next Connection::write_some(double now) {
  for (size_t moved = 0; written_ < out_.size();) {
    if (moved >= limits_->turn_bytes) return Next::again;
    const Stream::Transfer sent = stream_->write(std::string_view(out_).substr(written_));
    if (sent.status == Stream::Status::want_write) return Next::wait_write;
    if (sent.status == Stream::Status::want_read) return Next::wait_read;
    if (sent.status == Stream::Status::closed) return Next::close;
    written_ += sent.bytes;
    moved += sent.bytes;
  }
  if (out_.capacity() > limits_->head_bytes) out_ = {};  // an idle connection holds no large memory
  out_.clear();
  answer_ = {};
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
  for (size_t moved = 0; moved < limits_->turn_bytes;) {
    const Stream::Transfer got = stream_->read(buffer, size);
    if (got.status == Stream::Status::closed) return Next::close;
    if (got.status != Stream::Status::done) return Next::wait_read;
    moved += got.bytes;
  }
  return Next::again;
}

Connection::Next Connection::tick(double now) {
  const double age = now - since_;
  switch (phase_) {
    case Phase::answering:
      return Next::wait_answer;
    case Phase::lingering:
      return age > (unread_body_ ? limits_->request_seconds : limits_->linger_seconds) ? Next::close
                                                                                       : Next::wait_read;
    case Phase::writing:
      return age > limits_->write_seconds ? Next::close : Next::wait_write;
    case Phase::reading:
      break;
  }
  const State state = reader_.state();
  if (state == State::idle) return age > limits_->idle_seconds ? Next::close : Next::wait_read;
  const bool late = age > limits_->request_seconds || (state == State::head && age > limits_->head_seconds);
  if (!late) return Next::wait_read;
  refuse(408, "the request took too long to arrive", now);
  return Next::wait_write;
}

}  // namespace mlctl::serve
