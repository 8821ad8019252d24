#include <doctest/doctest.h>

#include "fakes/test_app.h"

using mlctl::test::run;

TEST_CASE("an unknown command suggests the nearest one and exits 2") {
  const auto outcome = run({"versoin"});
  CHECK(outcome.code == 2);
  CHECK(outcome.out.empty());
  CHECK(outcome.err == "error: unknown command \"versoin\"\nhint: did you mean mlctl version?\n");
}

TEST_CASE("a word for what is not there yet names the nearest command that is") {
  for (const auto& [word, nearest] : {std::pair("tune", "mlctl train"), {"compress", "mlctl export"}}) {
    const auto outcome = run({word});
    CHECK(outcome.code == 2);
    CHECK(outcome.err.find(nearest) != std::string::npos);
  }
}

TEST_CASE("a number out of its range is wrong usage that names the flag, whatever the command") {
  for (const mlctl::Command* command : mlctl::all_commands()) {
    for (const mlctl::FlagInfo& info : mlctl::flag_table(command)) {
      if (info.positional || (info.value_name != "N" && info.value_name != "X")) continue;
      for (const char* value : {"-1", "nan", "1e400", "", "99999999999999999999"}) {
        CAPTURE(command->spec().name);
        CAPTURE(value);
        const auto outcome = run({command->spec().name, info.name + "=" + value});
        CHECK(outcome.code == 2);
        CHECK_MESSAGE(outcome.err.find("error: " + info.name) == 0, outcome.err);
      }
    }
  }
}

TEST_CASE("a flag without its value, and a switch with one, are told in plain words") {
  const std::pair<std::vector<std::string>, const char*> cases[] = {
      {{"train", "d", "--epochs"}, "error: --epochs needs a value\nhint: write --epochs N: "},
      {{"get", "-o"}, "error: --output needs a value\nhint: write --output json|yaml|"},
      {{"train", "-f"}, "error: --file needs a value\nhint: write --file FILE: "},
      {{"train", "--dry-run=maybe"}, "error: --dry-run is a switch and takes no value\n"},
      {{"ingest"}, "error: SOURCE is missing\nhint: SOURCE: folders, "},
  };
  for (const auto& [line, said] : cases) {
    const auto outcome = run(line);
    CHECK(outcome.code == 2);
    CHECK_MESSAGE(outcome.err.starts_with(said), outcome.err);
  }
}

TEST_CASE("an unknown flag suggests the nearest one and exits 2") {
  const auto outcome = run({"version", "--quite"});
  CHECK(outcome.code == 2);
  CHECK(outcome.err.find("unknown flag \"--quite\"\nhint: did you mean --quiet?") != std::string::npos);
}

TEST_CASE("global flags may stand before the verb") {
  CHECK(run({"-o", "name", "version"}).out.starts_with("version/"));
}

TEST_CASE("-o json prints one document with apiVersion and kind") {
  const auto outcome = run({"version", "-o", "json"});
  CHECK(outcome.code == 0);
  CHECK(outcome.out.find("\"apiVersion\": \"mlctl.dev/v1\",\n  \"kind\": \"Version\"") != std::string::npos);
}
