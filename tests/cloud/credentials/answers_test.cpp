#include "cloud/credentials/answers.h"

#include <doctest/doctest.h>

using namespace mlctl;
using namespace mlctl::keys;

TEST_CASE("a time that no clock shows is none") {
  const struct {
    const char* json;
    int64_t time;
  } cases[] = {
      {R"({"t": 3600})", 3600}, {R"({"t": 3599.9})", 3599}, {R"({"t": 253402300799999})", 253402300799999},
      {R"({"t": 1e308})", 0},   {R"({"t": -1})", 0},        {R"({"t": 18446744073709551615})", 0},
      {R"({"t": "3600"})", 0},  {R"({"t": null})", 0},      {"{}", 0},
  };
  for (const auto& c : cases) {
    CAPTURE(c.json);
    CHECK(time_at(Json::parse(c.json), "t") == c.time);
  }
}
