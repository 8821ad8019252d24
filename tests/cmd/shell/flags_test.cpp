#include "cmd/shell/flags.h"

#include <doctest/doctest.h>

using mlctl::Flags;

TEST_CASE("an optional choice takes the next word only when that is one of its values") {
  const struct {
    std::vector<std::string> arguments;
    const char *masking, *dataset;
  } cases[] = {
      {{"d"}, "", "d"},
      {{"--mask-pii", "d"}, "hash", "d"},
      {{"d", "--mask-pii"}, "hash", "d"},
      {{"--mask-pii", "redact", "d"}, "redact", "d"},
      {{"--mask-pii=redact", "d"}, "redact", "d"},
      {{"d", "--mask-pii", "--quiet"}, "hash", "d"},
  };
  for (const auto& each : cases) {
    std::string masking, dataset;
    bool quiet = false;
    Flags flags;
    flags.optional_choice("--mask-pii", masking, {"hash", "redact"}, "hash", "");
    flags.flag("--quiet", quiet, "");
    flags.positional("DATASET", dataset, "");
    REQUIRE(flags.parse(each.arguments));
    CHECK(masking == each.masking);
    CHECK(dataset == each.dataset);
  }
}

TEST_CASE("an optional choice refuses other values") {
  std::string masking;
  Flags flags;
  flags.optional_choice("--mask-pii", masking, {"hash", "redact"}, "hash", "");
  CHECK(!flags.parse({"--mask-pii=hide"}));
}
