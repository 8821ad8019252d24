#include <doctest/doctest.h>

#include "cmd/shell/command.h"
#include "cmd/shell/topics.h"
#include "fakes/test_app.h"

using namespace mlctl;
using test::run;

TEST_CASE("every topic in the overview can be read") {
  for (const Topic& topic : help_topics()) {
    CHECK(run({"help"}).out.find("  " + topic.name) != std::string::npos);
    CHECK(run({"help", topic.name}).out == topic.text());
  }
}

TEST_CASE("help lists every exit code") {
  const std::string text = run({"help", "exit-codes"}).out;
  for (const char* code : {"  0  ", "  1  ", " 11  ", " 75  ", "130  ", "143  "})
    CHECK(text.find(code) != std::string::npos);
}

TEST_CASE("help of a command is what its --help prints") {
  for (const Command* command : all_commands()) {
    const std::string& name = command->spec().name;
    CHECK(run({"help", name}).out == run({name, "--help"}).out);
  }
}

TEST_CASE("an unknown topic suggests the nearest one") {
  const auto outcome = run({"help", "exit-code"});
  CHECK(outcome.code == 2);
  CHECK(outcome.err.find("did you mean mlctl help exit-codes?") != std::string::npos);
}

TEST_CASE("every command says what it does in one line, and shows how") {
  for (const Command* command : all_commands()) {
    const CommandSpec& spec = command->spec();
    if (spec.hidden) continue;
    CAPTURE(spec.name);
    CHECK_FALSE(spec.summary.empty());
    CHECK(spec.summary.find('\n') == std::string::npos);
    CHECK_FALSE(spec.summary.ends_with("."));
    CHECK_FALSE(spec.examples.empty());
    CHECK(run({"help"}).out.find("  " + spec.name + " ") != std::string::npos);
  }
}

TEST_CASE("the life of a model comes first, in its order") {
  const std::string text = run({"help"}).out;
  size_t before = 0;
  for (const char* verb : {"ingest", "clean", "upload", "train", "eval", "deploy", "monitor"}) {
    if (find_command(verb) == nullptr) continue;
    const size_t at = text.find("\n  " + std::string(verb) + " ");
    CHECK_MESSAGE((at != std::string::npos && at > before), verb);
    before = at;
  }
}

TEST_CASE("help lines fit a terminal") {
  for (const Topic& topic : help_topics()) {
    const std::string text = topic.text();
    size_t longest = 0, begin = 0;
    for (size_t end = 0; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1)
      longest = std::max(longest, end - begin);
    CHECK_MESSAGE(longest <= 115, topic.name);
  }
}

TEST_CASE("the man page covers every command") {
  const std::string page = run({"help", "man"}).out;
  CHECK(page.starts_with(".TH MLCTL 1"));
  for (const Command* command : all_commands()) {
    if (!command->spec().hidden) CHECK(page.find(".SS mlctl " + command->spec().name) != std::string::npos);
  }
}
