#include "core/http/request_reader.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using mlctl::HttpRequest;
using mlctl::serve::HttpLimits;
using mlctl::serve::RequestReader;

namespace {

const HttpLimits kLimits{.head_bytes = 200, .body_bytes = 20, .framing_bytes = 100};

// Feeds all of a request, its body too.
size_t feed(RequestReader& reader, std::string_view bytes) {
  const size_t head = reader.feed(bytes);
  reader.proceed();
  return head + reader.feed(bytes.substr(head));
}

// The status a stream of bytes is refused with; 0: a request was read, -1: more bytes are awaited.
int verdict(const std::string& bytes, size_t piece) {
  RequestReader reader(kLimits);
  for (size_t at = 0; at < bytes.size() && reader.state() != RequestReader::State::done;) {
    const size_t taken = reader.feed(std::string_view(bytes).substr(at, piece));
    reader.proceed();
    if (reader.state() == RequestReader::State::failed) return reader.error_status();
    at += taken;
  }
  return reader.state() == RequestReader::State::done ? 0 : -1;
}

}  // namespace

TEST_CASE("a head at its limit is read the same in whatever pieces it comes") {
  const std::string begin = "GET / HTTP/1.1\r\nHost: x\r\nX: ";
  for (const size_t size : {size_t{198}, size_t{199}, size_t{200}, size_t{201}, size_t{204}, size_t{300}}) {
    const std::string head = begin + std::string(size - begin.size(), 'x') + "\r\n\r\n";
    for (const size_t piece : {size_t{1}, size_t{2}, size_t{3}, size_t{7}, head.size()}) {
      CAPTURE(size);
      CAPTURE(piece);
      RequestReader reader(kLimits);
      for (std::string_view rest = head; !rest.empty() && reader.state() != RequestReader::State::failed;)
        rest.remove_prefix(reader.feed(rest.substr(0, piece)));
      CHECK((reader.state() == RequestReader::State::done) == (size <= kLimits.head_bytes));
    }
  }
}

TEST_CASE("requests are accepted or refused the same however the bytes arrive") {
  const std::string get = "GET / HTTP/1.1\r\nHost: a\r\n";
  const std::string post = "POST / HTTP/1.1\r\nHost: a\r\n";
  const std::vector<std::pair<std::string, int>> cases = {
      {get + "\r\n", 0},
      {"\r\n" + get + "\r\n", 0},
      {"\r\n\r\n\r\n\r\n" + get + "\r\n", 0},
      {"\r\n\r\n\r\n\r\n\r\n" + get + "\r\n", 400},
      {std::string(1000, '\n'), 400},
      {"GET / HTTP/1.0\r\n\r\n", 0},
      {"GET http://a/b HTTP/1.1\r\nHost: a\r\n\r\n", 0},
      {post + "Content-Length: 3\r\n\r\nabc", 0},
      {post + "Content-Length: 3\r\n\r\nab", -1},
      {post + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", 0},
      {post + "Transfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nA: b\r\n\r\n", 0},
      {post + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc", -1},
      {get, -1},
      {"GET / HTTP/1.1\r\n\r\n", 400},
      {"GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"GET /\r\nHost: a\r\n\r\n", 400},
      {"GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"GET /%00 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"G\x01T / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"GET nowhere HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {get + "Host: b\r\n\r\n", 400},
      {get + "Bad Header: b\r\n\r\n", 400},
      {get + "X : b\r\n\r\n", 400},
      {get + " folded\r\n\r\n", 400},
      {get + "X: a\nY: b\r\n\r\n", 400},
      {post + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", 400},
      {post + "Content-Length: -3\r\n\r\n", 400},
      {post + "Content-Length: 99999999999999999999999\r\n\r\n", 400},
      {post + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
      {post + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n", 400},
      {post + "Transfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n", 400},
      {post + "Transfer-Encoding: chunked\r\n\r\n3\nabc", 400},
      {post + "Transfer-Encoding: chunked\r\n\r\n0\r\n" + std::string(30, 'a') + "\r\n" +
           std::string(70, 'b') + "\r\n\r\n",
       400},
      {post + "Content-Length: 21\r\n\r\n", 413},
      {post + "Transfer-Encoding: chunked\r\n\r\n15\r\n", 413},
      {post + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n", 413},
      {post + "Expect: miracles\r\n\r\n", 417},
      {get + "X: " + std::string(300, 'x'), 431},
      {get + "X: " + std::string(300, 'x') + "\r\n\r\n", 431},
      {post + "Transfer-Encoding: gzip\r\n\r\n", 501},
      {"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505},
  };
  for (const auto& [bytes, expected] : cases) {
    for (const size_t piece : {size_t{1}, size_t{7}, bytes.size()}) {
      INFO(bytes, " in pieces of ", piece);
      CHECK(verdict(bytes, piece) == expected);
    }
  }
}

TEST_CASE("a request's parts are decoded") {
  RequestReader reader(kLimits);
  const std::string bytes =
      "POST /a%20b?x=1 HTTP/1.1\r\nHost: h\r\nX-Y:  v \r\nContent-Length: 2\r\n\r\nhiGET";
  CHECK(feed(reader, bytes) == bytes.size() - 3);
  const HttpRequest request = reader.take();
  CHECK(request.method == "POST");
  CHECK(request.path == "/a b");
  CHECK(request.query == "x=1");
  CHECK(mlctl::header(request.headers, "x-y") == "v");
  CHECK(request.body == "hi");
  CHECK(request.keep_alive);
  CHECK(reader.state() == RequestReader::State::idle);
}

TEST_CASE("a chunked body is joined") {
  RequestReader reader(kLimits);
  feed(reader,
       "POST / HTTP/1.1\r\nHost: a\r\n"
       "Transfer-Encoding: Chunked\r\n\r\n3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n");
  CHECK(reader.take().body == "abc0123456789");
}

TEST_CASE("a connection is kept or closed as version and header say") {
  const std::vector<std::pair<std::string, bool>> cases = {
      {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", true},
      {"GET / HTTP/1.1\r\nHost: a\r\nConnection: Close\r\n\r\n", false},
      {"GET / HTTP/1.0\r\n\r\n", false},
      {"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", true},
  };
  for (const auto& [bytes, expected] : cases) {
    RequestReader reader(kLimits);
    reader.feed(bytes);
    CHECK(reader.take().keep_alive == expected);
  }
}

TEST_CASE("after the head of a request with a body nothing is taken before it was agreed to") {
  const std::string head = "POST / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer x\r\n";
  for (const char* framing : {"Content-Length: 3\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n"}) {
    RequestReader reader(kLimits);
    CHECK(reader.feed(head + framing + "3\r\nabc\r\n0\r\n\r\n") == head.size() + std::string(framing).size());
    CHECK(reader.state() == RequestReader::State::awaiting);
    CHECK(mlctl::header(reader.request().headers, "authorization") == "Bearer x");
    CHECK(reader.feed("more") == 0);
    CHECK(reader.request().body.capacity() < 64);
  }
}

TEST_CASE("memory for a body is taken as it comes, not as it was announced") {
  const HttpLimits limits;
  RequestReader reader(limits);
  feed(reader, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 60000000\r\n\r\n" + std::string(1000, 'x'));
  CHECK(reader.request().body.size() == 1000);
  CHECK(reader.request().body.capacity() < 10'000);
}
