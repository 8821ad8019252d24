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
