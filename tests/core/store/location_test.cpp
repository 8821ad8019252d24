#include "core/store/location.h"

#include <doctest/doctest.h>

using namespace mlctl;

TEST_CASE("paths and file URLs name the same places") {
  const std::pair<const char*, const char*> cases[] = {
      {"data/x", "data/x"},
      {"/srv/x", "/srv/x"},
      {"file:///srv/x", "/srv/x"},
      {"FILE:///srv/x/", "/srv/x/"},
      {"file://localhost/srv/x", "/srv/x"},
      {"file:///a%20b/%E5%85%94", "/a b/兔"},
      {"odd:name", "odd:name"},
      {"a/b://c", "a/b://c"},
  };
  for (const auto& [text, path] : cases) {
    CAPTURE(text);
    CHECK(local_path(text).value() == path);
  }
}

TEST_CASE("stores that do not exist yet are refused plainly with 2") {
  for (const char* url : {"s3://bucket/key", "oss://b/k", "gs://b", "http://host/x", "https://host/x"}) {
    const auto refused = local_path(url);
    REQUIRE(!refused);
    CHECK(refused.error().code == Exit::usage);
    CHECK(refused.error().message.find("not supported yet in this version") != std::string::npos);
    CHECK(refused.error().hint == "use a local path or file://");
  }
}

TEST_CASE("malformed locations are usage errors") {
  for (const char* text : {"", "file://relative/x", "file:///a%2", "file:///a%zz", "file:///a%00"}) {
    CAPTURE(text);
    const auto refused = local_path(text);
    REQUIRE(!refused);
    CHECK(refused.error().code == Exit::usage);
  }
}
