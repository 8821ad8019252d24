#include "core/serve/connection.h"

#include <doctest/doctest.h>

#include <string>

using mlctl::serve::Connection;
using mlctl::serve::HttpLimits;
using mlctl::serve::Stream;
using Next = Connection::Next;

namespace {

// What the peer sent so far, and what it got.
struct Wire {
  std::string in, out;
  bool closed = false, ended = false;
  size_t room = 1 << 20;  // how much the peer still takes
};

class WireStream : public Stream {
 public:
  explicit WireStream(Wire& wire) : wire_(&wire) {}
  Transfer read(char* buffer, size_t size) override {
    if (wire_->in.empty()) return {wire_->closed ? Status::closed : Status::want_read, 0};
    const size_t count = wire_->in.copy(buffer, size);
    wire_->in.erase(0, count);
    return {Status::done, count};
  }
  Transfer write(std::string_view bytes) override {
    const size_t count = std::min(bytes.size(), wire_->room);
    if (count == 0) return {Status::want_write, 0};
    wire_->out += bytes.substr(0, count);
    wire_->room -= count;
    return {Status::done, count};
  }
  void end_writes() override { wire_->ended = true; }

 private:
  Wire* wire_;
};

struct Fixture {
  Wire wire;
  HttpLimits limits{};
  Connection connection{std::make_unique<WireStream>(wire), limits, 0};
  std::string buffer = std::string(100, '\0');
  Next advance(double now = 0) { return connection.advance(buffer.data(), buffer.size(), now); }
};

const std::string kGet = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

}  // namespace

TEST_CASE_FIXTURE(Fixture, "pipelined requests are answered one after the other") {
  wire.in = kGet + kGet;
  for (int round = 0; round < 2; ++round) {
    REQUIRE(advance() == Next::request);
    CHECK(connection.take_request().path == "/");
    CHECK(advance() == Next::wait_answer);
    connection.answer({200, "text/plain", "ok"}, false, 0);
  }
  CHECK(advance() == Next::wait_read);
  const std::string answer = "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 2\r\n\r\nok";
  CHECK(wire.out == answer + answer);
}

TEST_CASE_FIXTURE(Fixture, "a slow header is answered 408 after its deadline and the connection ends") {
  wire.in = "GET / HT";
  CHECK(advance(100) == Next::wait_read);
  CHECK(connection.tick(104) == Next::wait_read);
  CHECK(connection.tick(106) == Next::wait_write);
  CHECK(advance(106) == Next::wait_read);
  CHECK(wire.out.starts_with("HTTP/1.1 408 "));
  CHECK(wire.ended);
  CHECK(connection.tick(109) == Next::close);
}

TEST_CASE_FIXTURE(Fixture, "a body that trickles in is answered 408 although each byte came in time") {
  wire.in = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n";
  for (int second = 0; second <= 30; ++second) {
    wire.in += "x";
    CHECK(advance(second) == Next::wait_read);
    CHECK(connection.tick(second) == Next::wait_read);
  }
  CHECK(connection.tick(31) == Next::wait_write);
  CHECK(connection.refused_status() == 408);
}

TEST_CASE_FIXTURE(Fixture, "an idle connection is closed without an answer") {
  CHECK(connection.tick(59) == Next::wait_read);
  CHECK(connection.tick(61) == Next::close);
  CHECK(wire.out.empty());
}

TEST_CASE_FIXTURE(Fixture, "a client that does not read its answer is dropped") {
  wire.in = kGet;
  wire.room = 10;
  REQUIRE(advance() == Next::request);
  connection.take_request();
  connection.answer({200, "text/plain", std::string(1000, 'x')}, false, 0);
  CHECK(advance() == Next::wait_write);
  CHECK(connection.tick(29) == Next::wait_write);
  CHECK(connection.tick(31) == Next::close);
}

TEST_CASE_FIXTURE(Fixture, "an oversized body is refused before it is read, and what follows is swallowed") {
  wire.in = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\n" + std::string(5000, 'x');
  CHECK(advance() == Next::wait_read);
  CHECK(wire.out.starts_with("HTTP/1.1 413 "));
  CHECK(wire.in.empty());
  wire.closed = true;
  CHECK(advance() == Next::close);
}

TEST_CASE_FIXTURE(Fixture, "a client that asks first is told to go on") {
  wire.in = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n";
  CHECK(advance() == Next::wait_read);
  CHECK(wire.out == "HTTP/1.1 100 Continue\r\n\r\n");
  wire.in = "hi";
  REQUIRE(advance() == Next::request);
  CHECK(connection.take_request().body == "hi");
}

TEST_CASE_FIXTURE(Fixture, "HEAD gets the header alone") {
  wire.in = "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n";
  REQUIRE(advance() == Next::request);
  connection.take_request();
  connection.answer({200, "text/plain", "ok"}, false, 0);
  advance();
  CHECK(wire.out == "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 2\r\n\r\n");
}
