#include "core/http/connection.h"

#include <doctest/doctest.h>

#include <string>

using mlctl::Budget;
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
  Budget held{size_t{256} << 20};
  Connection connection{std::make_unique<WireStream>(wire), limits, held, 0};
  std::string buffer = std::string(100, '\0');
  // Lets every body in.
  Next advance(double now = 0) {
    for (;;) {
      const Next next = look(now);
      if (next != Next::head) return next;
      connection.proceed();
    }
  }
  Next look(double now = 0) { return connection.advance(buffer.data(), buffer.size(), now); }
};

const std::string kGet = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

}  // namespace

TEST_CASE_FIXTURE(Fixture, "pipelined requests are answered one after the other") {
  wire.in = kGet + kGet;
  for (int round = 0; round < 2; ++round) {
    REQUIRE(advance() == Next::request);
    CHECK(connection.take_request().first.path == "/");
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
  CHECK(connection.take_request().first.body == "hi");
}

TEST_CASE_FIXTURE(Fixture, "HEAD gets the header alone") {
  wire.in = "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n";
  REQUIRE(advance() == Next::request);
  connection.take_request();
  connection.answer({200, "text/plain", "ok"}, false, 0);
  advance();
  CHECK(wire.out == "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 2\r\n\r\n");
}

TEST_CASE_FIXTURE(Fixture, "a rejected body is not kept, and its sender hears why") {
  wire.in = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5000\r\n\r\n" + std::string(3000, 'x');
  REQUIRE(look() == Next::head);
  CHECK(connection.head().method == "POST");
  connection.reject({401, "text/plain", "who are you"}, 0);
  CHECK(look() == Next::wait_read);
  CHECK(wire.out.starts_with("HTTP/1.1 401 "));
  CHECK(wire.out.ends_with("connection: close\r\n\r\nwho are you"));
  CHECK(wire.in.empty());
  CHECK(held.used() == 0);
  CHECK(connection.tick(29) == Next::wait_read);  // the rest may still come, and is thrown away
  CHECK(connection.tick(31) == Next::close);
}

TEST_CASE_FIXTURE(Fixture, "any bytes in a request come back as text that is UTF-8") {
  for (const char* request : {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \xff\r\n\r\n",
                              "GET /\xff%zz HTTP/1.1\r\nHost: a\r\n\r\n"}) {
    Fixture other;
    other.wire.in = request;
    CHECK(other.advance() == Next::wait_read);
    CHECK(other.wire.out.find("\xef\xbf\xbd") != std::string::npos);
    CHECK(other.wire.out.find('\xff') == std::string::npos);
  }
}

TEST_CASE_FIXTURE(Fixture, "bodies of all connections share one budget, given back with the request") {
  limits.bytes_free = 0;
  Budget small(1000);
  const std::string post =
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 600\r\n\r\n" + std::string(600, 'x');
  Wire second_wire;
  Connection first(std::make_unique<WireStream>(wire), limits, small, 0);
  Connection second(std::make_unique<WireStream>(second_wire), limits, small, 0);
  const auto read = [&](Connection& one) {
    Next next = one.advance(buffer.data(), buffer.size(), 0);
    if (next == Next::head) one.proceed();
    return next == Next::head ? one.advance(buffer.data(), buffer.size(), 0) : next;
  };
  wire.in = second_wire.in = post;
  REQUIRE(read(first) == Next::request);
  {
    const auto [request, share] = first.take_request();
    CHECK(small.used() >= 600);
    read(second);
    CHECK(second_wire.out.starts_with("HTTP/1.1 503 "));
    CHECK(second_wire.out.find("retry-after: 1") != std::string::npos);
  }
  CHECK(small.used() == 0);
}

TEST_CASE_FIXTURE(Fixture, "an answer for which there is no room is given up, not kept") {
  Budget none(0);
  Connection poor(std::make_unique<WireStream>(wire), limits, none, 0);
  wire.in = kGet;
  REQUIRE(poor.advance(buffer.data(), buffer.size(), 0) == Next::request);
  poor.take_request();
  poor.answer({200, "text/plain", std::string(100'000, 'x')}, false, 0);
  poor.advance(buffer.data(), buffer.size(), 0);
  CHECK(wire.out.starts_with("HTTP/1.1 503 "));
}

TEST_CASE_FIXTURE(Fixture, "one connection has its share of a turn and no more") {
  limits.turn_bytes = 1000;
  wire.in = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5000\r\n\r\n" + std::string(5000, 'x');
  int turns = 1;
  for (; advance() == Next::again; ++turns) CHECK(turns < 10);
  CHECK(turns == 5);
  connection.take_request();
  connection.answer({200, "text/plain", std::string(3000, 'x')}, true, 0);
  wire.room = 1500;
  CHECK(advance() == Next::again);
  CHECK(advance() == Next::wait_write);
  wire.room = 1 << 20;
  CHECK(advance() == Next::wait_read);
  wire.in = std::string(2500, 'x');  // thrown away, in turns too
  CHECK(advance() == Next::again);
}

TEST_CASE_FIXTURE(Fixture, "line ends alone neither keep a connection nor go on for ever") {
  wire.in = "\n";
  CHECK(advance(50) == Next::wait_read);
  CHECK(connection.since() == 0);
  CHECK(connection.tick(61) == Next::close);
  wire.in = "\r\n\r\n\r\n\r\n";
  CHECK(advance(50) == Next::wait_read);
  CHECK(wire.out.starts_with("HTTP/1.1 400 "));
}
