#include "core/base/units.h"

#include <doctest/doctest.h>

using namespace mlctl;

TEST_CASE("sizes are read in powers of 1,024") {
  CHECK(parse_bytes("0") == 0u);
  CHECK(parse_bytes("500K") == 512000u);
  CHECK(parse_bytes("10M") == 10485760u);
  CHECK(parse_bytes("10MiB/s") == 10485760u);
  CHECK(parse_bytes("1.5GB") == 1610612736u);
  for (const char* wrong : {"", "K", "ten", "-1", "5X", "1e300T"}) {
    CAPTURE(wrong);
    CHECK(parse_bytes(wrong).error().code == Exit::usage);
  }
}

TEST_CASE("durations are read with their unit, and are seconds without") {
  CHECK(parse_duration("500ms") == 0.5);
  CHECK(parse_duration("2h") == 7200.0);
  CHECK(parse_duration("3") == 3.0);
  CHECK(parse_duration("-1s").error().code == Exit::usage);
}
