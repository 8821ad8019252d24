#include "core/net/http.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace mlctl;

TEST_CASE("URLs are taken apart") {
  struct Case {
    std::string text, scheme, host, port, target;
  };
  const std::vector<Case> cases = {
      {"http://a", "http", "a", "80", "/"},
      {"https://a/b?c#d", "https", "a", "443", "/b?c"},
      {"http://127.0.0.1:8080/v2/", "http", "127.0.0.1", "8080", "/v2/"},
      {"http://[::1]:81?x", "http", "::1", "81", "/?x"},
  };
  for (const Case& expected : cases) {
    const Result<Url> url = parse_url(expected.text);
    REQUIRE(url);
    CHECK(url->scheme == expected.scheme);
    CHECK(url->host == expected.host);
    CHECK(url->port == expected.port);
    CHECK(url->target == expected.target);
  }
}

TEST_CASE("what is no http URL is refused") {
  for (const std::string text : {"a.b/c", "ftp://a", "http://", "http://a:x", "http://:80", "http://u:p@a",
                                 "http://a\r\nX: y/", "http://a/b\r\nX: y", "http://a b/", "http://a/\x7f"}) {
    INFO(text);
    CHECK_FALSE(parse_url(text));
  }
}

TEST_CASE("no value that somebody else chose can add a header or a request") {
  CHECK(check_sendable("GET", "/a?b=%0d", {{"host", "h"}, {"x-amz-meta-n", "a\tb \xc3\xa9"}}));
  const HttpHeaders none;
  struct Case {
    std::string method, target;
    HttpHeaders headers;
  };
  const std::vector<Case> refused = {
      {"GET", "/", {{"x-region", "us\r\nX-Injected: yes"}}},
      {"GET", "/", {{"x-region", "us\nX-Injected: yes"}}},
      {"GET", "/", {{"x-region", std::string("us\0", 3)}}},
      {"GET", "/", {{"x-region", "us\x7f"}}},
      {"GET", "/", {{"x region", "us"}}},
      {"GET", "/", {{"x-region\r\nx", "us"}}},
      {"GET", "/", {{"", "us"}}},
      {"GET", "/a b", none},
      {"GET", "/a\r\nHost: x", none},
      {"GET", "", none},
      {"GET /", "/", none},
      {"", "/", none},
  };
  for (const Case& each : refused) CHECK_FALSE(check_sendable(each.method, each.target, each.headers));
}
