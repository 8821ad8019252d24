#include "cloud/store/xml.h"

#include <doctest/doctest.h>

using namespace mlctl;

TEST_CASE("keys that XML cannot hold are told apart, to be named one by one") {
  for (const char* key : {"a/b c.txt", "<&>\"'", "兔", "\xf0\x9f\x98\x80"}) CHECK(fits_xml(key));
  for (const char* key : {"bell\x07", "line\nbreak", "\xff", "caf\xe9", "\xef\xbf\xbf"})
    CHECK(!fits_xml(key));
}
