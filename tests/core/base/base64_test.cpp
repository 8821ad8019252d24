#include "core/base/base64.h"

#include <ostream>

#include <doctest/doctest.h>

using namespace mlctl;

TEST_CASE("Base64 comes back as it went, whatever its length") {
  for (const std::string text : {"", "f", "fo", "foo", "foob", "fooba", "foobar"})
    CHECK(base64_decode(base64_encode(text)) == text);
  const std::string bytes("\0\xff\0", 3);
  CHECK(base64_decode(base64_encode(bytes)) == bytes);
}

TEST_CASE("What is no Base64 decodes to nothing") {
  CHECK(base64_decode("!!!!").empty());
  CHECK(base64_decode("abc").empty());
}
